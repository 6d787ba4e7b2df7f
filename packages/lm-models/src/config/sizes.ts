// Sizes that follow from a configuration.

import type { FoxConfig } from './config.ts';

/** Features of one head. */
export const getHeadDim = (config: FoxConfig): number => config.hiddenSize / config.numHeads;

/** Heads of keys and values. */
export const getNumKvHeads = (config: FoxConfig): number => config.numKvHeads ?? config.numHeads;

/** MLP width: 2/3 · hiddenSize · hiddenRatio (SwiGLU has three matrices), rounded up to a multiple of 256. */
export function getIntermediateSize(config: FoxConfig): number {
  if (config.intermediateSize !== null) return config.intermediateSize;
  const width = Math.floor((config.hiddenSize * (config.hiddenRatio ?? 4) * 2) / 3);
  return 256 * Math.ceil(width / 256);
}
