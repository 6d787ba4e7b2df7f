// The kernels of this package and the ops with variants, with sizes to check them at.

import type { Variants } from '@vulpes/tensor-core';
import type { AnyKernel, ListedKernel } from '@vulpes/wgsl-kernels/testing';
import {
  blockBoundsKernel,
  blockBoundsVariants,
  blockDecaySumsKernel,
} from '../certified/certified.kernel.ts';
import { findIndex } from '../find-index/find-index.kernel.ts';
import { pruningCountsKernel } from '../pruning-stats/pruning-counts.kernel.ts';
import * as thresholds from '../thresholds/thresholds.kernel.ts';

/** One token, odd sizes and heads that share keys, and the longest text. */
const sizes = [
  { batch: 1, queryLen: 1, keyLen: 1, numHeads: 1, numKvHeads: 1, headDim: 16 },
  { batch: 3, queryLen: 111, keyLen: 333, numHeads: 6, numKvHeads: 2, headDim: 32 },
  { batch: 8, queryLen: 65536, keyLen: 131072, numHeads: 24, numKvHeads: 24, headDim: 128 },
].map((size) => {
  const blocks = { blockM: 32, blockN: 64 };
  const { chunks } = thresholds.chunkRows(size.keyLen);
  return {
    ...size,
    ...blocks,
    dtype: 'f32',
    ...{ blocks, queryBlocks: Math.ceil(size.queryLen / blocks.blockM), seqLen: size.keyLen },
    ...{
      thresholdStrideB: size.numHeads,
      thresholdStrideH: 1,
      qStride: 0,
      factor: -2,
      constant: -10,
    },
    ...{ group: size.numHeads / size.numKvHeads, smScale: 1, qChunks: chunks, kChunks: chunks },
  };
});

const kernels: readonly AnyKernel[] = [
  ...[blockDecaySumsKernel, blockBoundsKernel, findIndex, pruningCountsKernel],
  ...[thresholds.rowNormMax, thresholds.logitBoundFromNorms, thresholds.logitBoundFromQkNorm],
  thresholds.thresholdFromBound,
];

export const listKernels = (): readonly ListedKernel[] =>
  kernels.map((kernel) => ({ kernel, sizes }));

/** The ops of this package that have variants. */
export const listVariants = (): readonly Variants<never>[] => [blockBoundsVariants];
