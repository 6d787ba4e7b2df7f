// Specs and grids of the threshold kernels: one thread a head, or a chunk of rows.

import { foldGrid } from '@vulpes/tensor-core';
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
  readonly seqLen: number;
  readonly headDim: number;
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

const rowThreads = ({ batch, numHeads, seqLen }: RowDims): number =>
  batch * numHeads * chunkRows(seqLen).chunks;

export const rowNormMax = defineKernel({
  name: 'row-norm-max',
  source: rowNormMaxWgsl,
  bindings: ['x:read', 'partial:write'],
  params: [
    'batch:u32',
    'seq_len:u32',
    'num_heads:u32',
    'head_vec4:u32',
    'chunks:u32',
    'rows_per_chunk:u32',
  ],
  select: (_dims: RowDims) => ({ WG_SIZE: 64 }),
  grid: (dims, spec) => foldGrid(Math.ceil(rowThreads(dims) / spec.WG_SIZE)),
  flops: (dims) => 2 * dims.batch * dims.seqLen * dims.numHeads * dims.headDim,
  bytes: (dims) =>
    4 * dims.batch * dims.seqLen * dims.numHeads * dims.headDim + 4 * rowThreads(dims),
});

export const logitBoundFromNorms = defineKernel({
  name: 'logit-bound-from-norms',
  source: logitBoundFromNormsWgsl,
  bindings: ['q_partial:read', 'k_partial:read', 'logit_bound:write'],
  params: ['heads:u32', 'group:u32', 'q_chunks:u32', 'k_chunks:u32', 'sm_scale:f32'],
  select: (_dims: HeadDims) => ({ WG_SIZE: 64 }),
  grid: headGrid,
});

export const logitBoundFromQkNorm = defineKernel({
  name: 'logit-bound-from-qk-norm',
  source: logitBoundFromQkNormWgsl,
  bindings: ['q_weight:read', 'k_weight:read', 'logit_bound:write'],
  params: [
    'batch:u32',
    'num_heads:u32',
    'head_dim:u32',
    'q_stride:u32',
    'group:u32',
    'sm_scale:f32',
  ],
  select: (_dims: HeadDims) => ({ WG_SIZE: 64 }),
  grid: headGrid,
});

export const thresholdFromBound = defineKernel({
  name: 'adaptive-threshold',
  source: adaptiveThresholdWgsl,
  bindings: ['logit_bound:read', 'threshold:write'],
  params: ['size:u32', 'constant:f32'],
  select: (_dims: HeadDims) => ({ WG_SIZE: 64 }),
  grid: headGrid,
});
