// The memory limits of the adapter, and what fits into them. Pure.

import { formatBytes, formatInteger } from '@vulpes/cli-kit';
import type { DeviceCaps } from '@vulpes/tensor-core';

const F32_BYTES = 4;
/** Of GPT-2. */
const VOCABULARY = 50_257;
/** Of the 125 M model. */
const HIDDEN_SIZE = 768;

export interface WhatFits {
  /** The smaller of the buffer and the binding limit. */
  readonly largestTensorBytes: number;
  readonly largestTensorElements: number;
  /** Hidden size up to which an embedding of 50,257 tokens is one tensor. */
  readonly embeddingHiddenSize: number;
  /** Tokens (batch × context) up to which an activation of hidden size 768 is one tensor. */
  readonly activationTokens: number;
}

export function computeWhatFits({ limits }: DeviceCaps): WhatFits {
  const bytes = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  const elements = Math.floor(bytes / F32_BYTES);
  return {
    largestTensorBytes: bytes,
    largestTensorElements: elements,
    embeddingHiddenSize: Math.floor(elements / VOCABULARY),
    activationTokens: Math.floor(elements / HIDDEN_SIZE),
  };
}

export const describeWhatFits = (fits: WhatFits): string[] => [
  `largest tensor ${formatBytes(fits.largestTensorBytes)}: ${formatInteger(fits.largestTensorElements)} f32 numbers`,
  `an embedding of ${formatInteger(VOCABULARY)} tokens up to hidden size ${formatInteger(fits.embeddingHiddenSize)}`,
  `activations of hidden size ${HIDDEN_SIZE} for up to ${formatInteger(fits.activationTokens)} tokens (batch × context)`,
  'training keeps 16 bytes a parameter (weight, gradient, two AdamW moments) beside its activations: 2.4 GiB for the 125 M model',
  'WebGPU does not report how much memory there is; running out of it is reported as an error',
];
