// A model and an adapter in a few words.

import type { FoxConfig } from '@vulpes/lm-models';
import type { DeviceCaps } from '@vulpes/tensor-core';

/** `FoX (Pro), 2 layers of 64, 4 heads of 16` */
export function describeModel(config: FoxConfig): string {
  const { numHiddenLayers, hiddenSize, numHeads, numKvHeads, qkNorm, useOutputGate } = config;
  const name = qkNorm && useOutputGate ? 'FoX (Pro)' : 'FoX';
  const groups = numKvHeads !== null && numKvHeads !== numHeads ? ` in ${numKvHeads} groups` : '';
  return `${name}, ${numHiddenLayers} layers of ${hiddenSize}, ${numHeads} heads of ${hiddenSize / numHeads}${groups}`;
}

export function describeAdapter({ adapter, kernels }: DeviceCaps): string {
  const name = adapter.description || [adapter.vendor, adapter.architecture].join(' ').trim();
  return `${name || 'unnamed'} (${kernels} kernels)`;
}
