// The kernels of this package and the ops with variants, with sizes to check them at.

import type { Variants } from '@vulpes/tensor-core';
import type { AnyKernel, ListedKernel } from '@vulpes/wgsl-kernels/testing';
import * as backward from '../kernels/backward.kernel.ts';
import * as forward from '../kernels/forward.kernel.ts';
import { keptBlocksKernel } from '../kernels/kept-blocks.kernel.ts';
import { MATRIX_REQUIRES } from '../kernels/matrix.ts';
import * as paged from '../paged/paged.kernel.ts';

/** One token, odd sizes and heads that share keys, and the longest text; with and without what each kernel is compiled for. */
const sizes = [
  { batch: 1, queryLen: 1, keyLen: 1, numHeads: 1, numKvHeads: 1, headDim: 16 },
  { batch: 3, queryLen: 111, keyLen: 333, numHeads: 6, numKvHeads: 2, headDim: 32 },
  { batch: 8, queryLen: 65535, keyLen: 131072, numHeads: 24, numKvHeads: 24, headDim: 128 },
].flatMap((size) =>
  [true, false].map((isPruned) => {
    const heads = size.batch * size.numHeads;
    return {
      ...size,
      ...{ smScale: 1, logTolerance: -10, blockM: 32, blockN: 64, window: size.keyLen },
      ...{ hasGate: isPruned, hasRanges: false, hasStopRule: isPruned },
      ...{ dtype: 'f32', hasLogitBound: false },
      ...{
        heads,
        items: heads * Math.ceil(size.keyLen / 32),
        group: size.numHeads / size.numKvHeads,
      },
      ...{ offset: size.keyLen - size.queryLen, maxPages: Math.ceil(size.keyLen / 32) },
    };
  }),
);

const kernels: readonly AnyKernel[] = [
  ...[forward.forwardScalar, forward.forwardTiled, keptBlocksKernel],
  ...[backward.backwardPrepare, backward.backwardQueryScalar, backward.backwardQueryTiled],
  ...[backward.backwardKeyScalar, backward.backwardKeyTiled],
  ...[paged.pagedScalar, paged.pagedTiled, paged.appendPagesKernel],
];

/** On subgroup matrices. */
const matrixKernels: readonly AnyKernel[] = [
  ...[forward.forwardMatrix, forward.forwardMatrixHalf],
  ...[backward.backwardQueryMatrix, backward.backwardQueryMatrixHalf],
  ...[backward.backwardKeyMatrix, backward.backwardKeyMatrixHalf],
];

export const listKernels = (): readonly ListedKernel[] => [
  ...kernels.map((kernel) => ({ kernel, sizes })),
  ...matrixKernels.map((kernel) => ({ kernel, sizes, requires: MATRIX_REQUIRES })),
];

/** The ops of this package that have variants. */
export const listVariants = (): readonly Variants<never>[] => [
  forward.attentionForward,
  backward.attentionBackwardQuery,
  backward.attentionBackwardKey,
  paged.pagedVariants,
];
