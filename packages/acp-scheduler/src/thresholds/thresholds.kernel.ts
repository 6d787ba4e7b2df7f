// Specs and grids of the threshold kernels: one thread a head, or a chunk of rows.

import { type DType, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '@vulpes/wgsl-kernels';
import adaptiveThresholdWgsl from './adaptive-threshold.wgsl';
import logitBoundFromNormsWgsl from './logit-bound-from-norms.wgsl';
import logitBoundFromQkNormWgsl from './logit-bound-from-qk-norm.wgsl';
import rowNormMaxWgsl from './row-norm-max.wgsl';

interface HeadDims {
  readonly batch: number;
  readonly numHeads: number;
}

interface RowDims extends HeadDims {
  readonly dtype: DType;
  readonly seqLen: number;
  readonly headDim: number;
}

interface BoundDims extends HeadDims {
  /** Query heads of a key head. */
  readonly group: number;
  readonly smScale: number;
}

interface NormBoundDims extends BoundDims {
  /** Partial maxima of a head. */
  readonly qChunks: number;
  readonly kChunks: number;
}

interface WeightBoundDims extends BoundDims {
  readonly headDim: number;
  /** Elements from one head's query weights to the next, 0 where all share them. */
  readonly qStride: number;
}

interface ThresholdDims extends HeadDims {
  /** Nats that are added to −2 U. */
  readonly constant: number;
}

/** At most this many partial maxima a head: the second stage reads them in one thread. */
const MAX_CHUNKS = 256;
const MIN_ROWS_PER_CHUNK = 8;

/** How the rows of one head are shared out among threads. */
export function chunkRows(seqLen: number): { chunks: number; rowsPerChunk: number } {
  const rowsPerChunk = Math.max(MIN_ROWS_PER_CHUNK, Math.ceil(seqLen / MAX_CHUNKS));
  return { rowsPerChunk, chunks: Math.ceil(seqLen / rowsPerChunk) };
}

const headGrid = ({ batch, numHeads }: HeadDims, spec: { WG_SIZE: number }) =>
  foldGrid(Math.ceil((batch * numHeads) / spec.WG_SIZE));

const rowThreads = ({ batch, numHeads, seqLen }: Omit<RowDims, 'dtype'>): number =>
  batch * numHeads * chunkRows(seqLen).chunks;

export const rowNormMax = defineKernel({
  name: 'row-norm-max',
  source: rowNormMaxWgsl,
  bindings: ['x:read', 'partial:write'],
  params: ({ seqLen, headDim }: RowDims) => {
    const { chunks, rowsPerChunk } = chunkRows(seqLen);
    return { head_vec4: headDim / 4, chunks, rows_per_chunk: rowsPerChunk };
  },
  select: ({ dtype }: RowDims) => ({ WG_SIZE: 64, Vector: `vec4<${dtype}>` }),
  grid: (dims, spec) => foldGrid(Math.ceil(rowThreads(dims) / spec.WG_SIZE)),
});

export const logitBoundFromNorms = defineKernel({
  name: 'logit-bound-from-norms',
  source: logitBoundFromNormsWgsl,
  bindings: ['q_partial:read', 'k_partial:read', 'logit_bound:write'],
  params: ({ batch, numHeads }: NormBoundDims) => ({ heads: batch * numHeads }),
  select: (_dims: NormBoundDims) => ({ WG_SIZE: 64 }),
  grid: (dims, spec) => headGrid(dims, spec),
});

export const logitBoundFromQkNorm = defineKernel({
  name: 'logit-bound-from-qk-norm',
  source: logitBoundFromQkNormWgsl,
  bindings: ['q_weight:read', 'k_weight:read', 'logit_bound:write'],
  select: (_dims: WeightBoundDims) => ({ WG_SIZE: 64 }),
  grid: (dims, spec) => headGrid(dims, spec),
});

export const thresholdFromBound = defineKernel({
  name: 'adaptive-threshold',
  source: adaptiveThresholdWgsl,
  bindings: ['logit_bound:read', 'threshold:write'],
  params: ({ batch, numHeads }: ThresholdDims) => ({ size: batch * numHeads }),
  select: (_dims: ThresholdDims) => ({ WG_SIZE: 64 }),
  grid: (dims, spec) => headGrid(dims, spec),
});
