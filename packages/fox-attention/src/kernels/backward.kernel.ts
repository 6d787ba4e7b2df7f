// The backward kernels: per-row and per-key numbers first, then dQ, then dK, dV and the gate's column sums.

import { type DeviceCaps, defineVariants, foldGrid } from '@vulpes/tensor-core';
import { avoidBarriersOnCpu, defineKernel, logLambdaWgsl } from '@vulpes/wgsl-kernels';
import { type AttentionDims, type AttentionFlags, keyHeads } from '../dims.ts';
import backwardKeyMatrixWgsl from './backward-key.matrix.wgsl';
import backwardKeyScalarWgsl from './backward-key.scalar.wgsl';
import backwardKeyTiledWgsl from './backward-key.tiled.wgsl';
import backwardPrepareWgsl from './backward-prepare.wgsl';
import backwardQueryMatrixWgsl from './backward-query.matrix.wgsl';
import backwardQueryScalarWgsl from './backward-query.scalar.wgsl';
import backwardQueryTiledWgsl from './backward-query.tiled.wgsl';
import attentionWgsl from './lib/attention.wgsl';
import matrixWgsl from './lib/matrix.wgsl';
import matrixPairWgsl from './lib/matrix-pair.wgsl';
import placeWgsl from './lib/place.wgsl';
import rowStatsWgsl from './lib/row-stats.wgsl';
import tileWgsl from './lib/tile.wgsl';
import {
  backwardTiles,
  MATRIX_REQUIRES,
  MAX_HALF_BOUND,
  matrixShape,
  matrixSpec,
  supportsMatrix,
} from './matrix.ts';
import {
  ROWS_PER_THREAD,
  SCALAR_THREADS,
  storedVector,
  TILE,
  tileBytes,
  tileGrid,
  tileSpec,
} from './tile.ts';

const ENTRY_THREADS = 64;

interface PrepareDims extends AttentionDims, Pick<AttentionFlags, 'hasGate' | 'dtype'> {
  readonly blockN: number;
}

export const backwardPrepare = defineKernel({
  name: 'attention-backward-prepare',
  source: backwardPrepareWgsl,
  lib: [attentionWgsl],
  bindings: [
    'out:read',
    'dout:read',
    'row_stats:read',
    'log_lambda:read?',
    'end_index:read?',
    'visibility:read?',
    'stats:write',
  ],
  select: (dims: PrepareDims) => ({
    HEAD_DIM: dims.headDim,
    Stored: storedVector(dims.dtype),
    WG_SIZE: ENTRY_THREADS,
    HAS_GATE: dims.hasGate,
  }),
  grid: ({ batch, numHeads, queryLen, keyLen }) =>
    foldGrid(Math.ceil((batch * numHeads * (queryLen + keyLen)) / ENTRY_THREADS)),
});

export interface BackwardDims
  extends AttentionDims,
    Pick<AttentionFlags, 'dtype' | 'hasLogitBound' | 'hasStopRule'> {
  readonly smScale: number;
}

const params = (dims: BackwardDims) => ({ num_kv_heads: keyHeads(dims) });

const scalarSpec = ({ headDim, dtype }: BackwardDims) => ({
  HEAD_DIM: headDim,
  Stored: storedVector(dtype),
  WG_SIZE: SCALAR_THREADS,
});

const inputs = ['q:read', 'k:read', 'v:read', 'dout:read', 'stats:read'] as const;

const query = { bindings: [...inputs, 'dq:write'], params } as const;

const matrix = {
  lib: [logLambdaWgsl, attentionWgsl, placeWgsl, matrixWgsl, matrixPairWgsl],
  params: (dims: BackwardDims) => ({ ...params(dims), max_bound: MAX_HALF_BOUND }),
} as const;

const matrixSelect = (isHalf: boolean) => (dims: BackwardDims, caps: DeviceCaps) => {
  const shape = matrixShape(caps);
  const { buffers, ...tiles } = backwardTiles(dims, shape, isHalf);
  return { ...matrixSpec(dims, shape, tiles, isHalf), BUFFERS: buffers };
};

/** Loads stay where they are, a tile before their use. */
const pinned = ['q:read*', 'k:read*', 'v:read*', 'dout:read*'] as const;

/** @param isHalf - scores in f16, for heads whose logits are bounded; else in f32, for any */
const backwardQueryMatrixOf = (isHalf: boolean) =>
  defineKernel({
    ...matrix,
    name: `attention-backward-query.matrix${isHalf ? '-half' : ''}`,
    source: backwardQueryMatrixWgsl,
    bindings: [...pinned, 'stats:read', 'logit_bound:read?', 'dq:write', 'dlog_lambda:read_write?'],
    select: matrixSelect(isHalf),
    grid: (dims, { SUBGROUPS, ROWS }) =>
      tileGrid(dims, dims.numHeads, dims.queryLen, SUBGROUPS * ROWS),
  });

export const backwardQueryMatrix = backwardQueryMatrixOf(false);
export const backwardQueryMatrixHalf = backwardQueryMatrixOf(true);

export const backwardQueryScalar = defineKernel({
  ...query,
  name: 'attention-backward-query.scalar',
  source: backwardQueryScalarWgsl,
  lib: [logLambdaWgsl, attentionWgsl],
  select: scalarSpec,
  grid: ({ queryLen, numHeads, batch }, { WG_SIZE }) => [
    Math.ceil(queryLen / (ROWS_PER_THREAD * WG_SIZE)),
    numHeads,
    batch,
  ],
});

export const backwardQueryTiled = defineKernel({
  ...query,
  name: 'attention-backward-query.tiled',
  source: backwardQueryTiledWgsl,
  lib: [logLambdaWgsl, attentionWgsl, placeWgsl, tileWgsl, rowStatsWgsl],
  select: (dims: BackwardDims) => tileSpec(dims),
  grid: (dims) => tileGrid(dims, dims.numHeads, dims.queryLen),
  workgroupBytes: tileBytes,
});

const keyOutputs = ['dk:write', 'dv:write', 'dlog_lambda:write'] as const;

const key = { bindings: [...inputs, ...keyOutputs], params } as const;

const backwardKeyMatrixOf = (isHalf: boolean) =>
  defineKernel({
    ...matrix,
    name: `attention-backward-key.matrix${isHalf ? '-half' : ''}`,
    source: backwardKeyMatrixWgsl,
    bindings: [...pinned, 'stats:read', 'logit_bound:read?', ...keyOutputs],
    select: (dims: BackwardDims, caps: DeviceCaps) => ({
      ...matrixSelect(isHalf)(dims, caps),
      HAS_STOP_RULE: dims.hasStopRule,
    }),
    grid: (dims, { SUBGROUPS, ROWS }) =>
      tileGrid(dims, keyHeads(dims), dims.keyLen, SUBGROUPS * ROWS),
  });

export const backwardKeyMatrix = backwardKeyMatrixOf(false);
export const backwardKeyMatrixHalf = backwardKeyMatrixOf(true);

export const backwardKeyScalar = defineKernel({
  ...key,
  name: 'attention-backward-key.scalar',
  source: backwardKeyScalarWgsl,
  lib: [logLambdaWgsl, attentionWgsl],
  select: scalarSpec,
  grid: (dims, { WG_SIZE }) => [
    Math.ceil(dims.keyLen / (ROWS_PER_THREAD * WG_SIZE)),
    keyHeads(dims),
    dims.batch,
  ],
});

export const backwardKeyTiled = defineKernel({
  ...key,
  name: 'attention-backward-key.tiled',
  source: backwardKeyTiledWgsl,
  lib: [logLambdaWgsl, attentionWgsl, placeWgsl, tileWgsl, rowStatsWgsl],
  select: (dims: BackwardDims) => tileSpec(dims),
  grid: (dims) => tileGrid(dims, keyHeads(dims), dims.keyLen),
  // beside the tiles: t_sum [32, 8] f32
  workgroupBytes: (spec) => tileBytes(spec) + TILE * 8 * 4,
});

interface BackwardVariant<Kernel> {
  /** The launches of a call. */
  selectKernels(dims: BackwardDims): readonly Kernel[];
}

const matrixVariant = {
  name: 'matrix',
  requires: MATRIX_REQUIRES,
  supports: supportsMatrix,
  avoid: avoidBarriersOnCpu,
} as const;

export const attentionBackwardQuery = defineVariants<
  BackwardDims,
  BackwardVariant<
    typeof backwardQueryMatrix | typeof backwardQueryTiled | typeof backwardQueryScalar
  >
>('attention-backward-query', [
  {
    ...matrixVariant,
    selectKernels: ({ hasLogitBound }) =>
      hasLogitBound ? [backwardQueryMatrixHalf, backwardQueryMatrix] : [backwardQueryMatrix],
  },
  { name: 'tiled', avoid: avoidBarriersOnCpu, selectKernels: () => [backwardQueryTiled] },
  { name: 'scalar', selectKernels: () => [backwardQueryScalar] },
]);

export const attentionBackwardKey = defineVariants<
  BackwardDims,
  BackwardVariant<typeof backwardKeyMatrix | typeof backwardKeyTiled | typeof backwardKeyScalar>
>('attention-backward-key', [
  {
    ...matrixVariant,
    selectKernels: ({ hasLogitBound }) =>
      hasLogitBound ? [backwardKeyMatrixHalf, backwardKeyMatrix] : [backwardKeyMatrix],
  },
  { name: 'tiled', avoid: avoidBarriersOnCpu, selectKernels: () => [backwardKeyTiled] },
  { name: 'scalar', selectKernels: () => [backwardKeyScalar] },
]);
