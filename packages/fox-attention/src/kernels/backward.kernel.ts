// The backward kernels: per-row and per-key numbers first, then dQ, then dK, dV and the gate's column sums.

import { defineVariants, foldGrid } from '@vulpes/tensor-core';
import { avoidBarriersOnCpu, defineKernel, logLambdaWgsl } from '@vulpes/wgsl-kernels';
import { type AttentionDims, type AttentionFlags, keyHeads } from '../dims.ts';
import backwardKeyScalarWgsl from './backward-key.scalar.wgsl';
import backwardKeyTiledWgsl from './backward-key.tiled.wgsl';
import backwardPrepareWgsl from './backward-prepare.wgsl';
import backwardQueryScalarWgsl from './backward-query.scalar.wgsl';
import backwardQueryTiledWgsl from './backward-query.tiled.wgsl';
import attentionWgsl from './lib/attention.wgsl';
import placeWgsl from './lib/place.wgsl';
import rowStatsWgsl from './lib/row-stats.wgsl';
import tileWgsl from './lib/tile.wgsl';
import {
  ROWS_PER_THREAD,
  SCALAR_THREADS,
  storedVector,
  TILE,
  tileBytes,
  tileGrid,
  tileSpec,
} from './tile.ts';
import zeroInactiveGateGradsWgsl from './zero-inactive-gate-grads.wgsl';

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

export interface BackwardDims extends AttentionDims, Pick<AttentionFlags, 'dtype'> {
  readonly smScale: number;
}

const params = (dims: BackwardDims) => ({ num_kv_heads: keyHeads(dims) });

const scalarSpec = ({ headDim, dtype }: BackwardDims) => ({
  HEAD_DIM: headDim,
  Stored: storedVector(dtype),
  WG_SIZE: SCALAR_THREADS,
});

const query = {
  bindings: ['q:read', 'k:read', 'v:read', 'dout:read', 'stats:read', 'dq:write'],
  params,
} as const;

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

const key = {
  bindings: [
    'q:read',
    'k:read',
    'v:read',
    'dout:read',
    'stats:read',
    'dk:write',
    'dv:write',
    'dlog_lambda:write',
  ],
  params,
} as const;

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

export const attentionBackwardQuery = defineVariants<
  BackwardDims,
  { readonly kernel: typeof backwardQueryTiled | typeof backwardQueryScalar }
>('attention-backward-query', [
  { name: 'tiled', kernel: backwardQueryTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: backwardQueryScalar },
]);

export const attentionBackwardKey = defineVariants<
  BackwardDims,
  { readonly kernel: typeof backwardKeyTiled | typeof backwardKeyScalar }
>('attention-backward-key', [
  { name: 'tiled', kernel: backwardKeyTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: backwardKeyScalar },
]);

export const zeroInactiveGateGrads = defineKernel({
  name: 'attention-zero-inactive-gate-grads',
  source: zeroInactiveGateGradsWgsl,
  bindings: ['dlog_fgate:read_write', 'visibility:read?'],
  select: (_dims: AttentionDims) => ({ WG_SIZE: ENTRY_THREADS }),
  grid: ({ batch, keyLen, numHeads }) =>
    foldGrid(Math.ceil((batch * keyLen * numHeads) / ENTRY_THREADS)),
});
