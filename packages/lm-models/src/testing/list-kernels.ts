// The kernels of this package, with sizes to check them at.

import type { Variants } from '@vulpes/tensor-core';
import type { AnyKernel, ListedKernel } from '@vulpes/wgsl-kernels/testing';
import {
  chunkPositions,
  copyFront,
  findFirstPage,
  keepLast,
  normMaxima,
  updateRetention,
} from '../cache/cache.kernel.ts';
import * as decode from '../decode/decode.kernel.ts';
import { drawTokenKernel, likeliestTokenKernel } from '../generate/choose-token.kernel.ts';

/** One token, odd sizes and heads that share keys, and the longest text. */
const sizes = [
  { batch: 1, numHeads: 1, group: 1, headDim: 16, chunkLen: 1, offset: 0 },
  { batch: 3, numHeads: 6, group: 3, headDim: 32, chunkLen: 111, offset: 222 },
  { batch: 8, numHeads: 24, group: 1, headDim: 128, chunkLen: 65536, offset: 65536 },
].map((size) => ({
  ...size,
  heads: size.batch * size.numHeads,
  width: size.numHeads * size.headDim,
  fullPages: Math.floor((size.offset + size.chunkLen) / 32),
  vectors: (size.batch * size.numHeads * (size.offset + size.chunkLen) * size.headDim) / 4,
  ...{ logTolerance: -10, smScale: 1, eps: 1e-6 },
  ...{
    rows: Math.min(size.batch, 8),
    inner: 2 * size.headDim,
    kvHeads: size.numHeads / size.group,
  },
  ...{ maxPages: 4096, normRowsQ: 1, normRowsK: 1, oNormK: 64, oLastV: 64, oLogits: 0 },
  ...{ weightRows: 1, oGate: 0, splits: 16 },
  counts: [size.numHeads, size.numHeads, size.numHeads, size.numHeads, 3],
  ...{ vocab: 50257, temperature: 0.8, topK: 40, topP: 0.9, seed: 2 ** 40 },
}));

const kernels: readonly AnyKernel[] = [
  ...[copyFront, keepLast, chunkPositions, updateRetention, findFirstPage, normMaxima],
  ...[drawTokenKernel, likeliestTokenKernel],
  ...[decode.decodeProjectSubgroup, decode.decodeProjectTiled],
  ...[decode.decodeUpSubgroup, decode.decodeUpTiled],
  ...[decode.decodeAppend, decode.decodeGate, decode.decodeOutput],
];

export const listKernels = (): readonly ListedKernel[] =>
  kernels.map((kernel) => ({ kernel, sizes }));

/** The ops of this package that have variants. */
export const listVariants = (): readonly Variants<never>[] => [decode.decodeLayerVariants];
