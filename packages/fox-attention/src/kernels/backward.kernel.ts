// The backward kernels: per-row and per-key numbers first, then dQ, then dK, dV and the gate's column sums.

import { type DeviceCaps, foldGrid } from '@vulpes/tensor-core';
import { defineKernel, logLambdaWgsl } from '@vulpes/wgsl-kernels';
import { causalPairs } from '../costs.ts';
import { type AttentionDims, type AttentionFlags, keyHeads } from '../dims.ts';
import { GPU_TILE, ROWS_PER_THREAD, SOFTWARE_THREADS } from '../select-blocks.ts';
import backwardKeyGpuWgsl from './backward-key.gpu.wgsl';
import backwardKeySoftwareWgsl from './backward-key.software.wgsl';
import backwardPrepareWgsl from './backward-prepare.wgsl';
import backwardQueryGpuWgsl from './backward-query.gpu.wgsl';
import backwardQuerySoftwareWgsl from './backward-query.software.wgsl';
import attentionWgsl from './lib/attention.wgsl';
import rowStatsWgsl from './lib/row-stats.wgsl';
import tileWgsl from './lib/tile.wgsl';
import { tileBytes, tileGrid, tileSpec } from './tile.ts';
import zeroInactiveGateGradsWgsl from './zero-inactive-gate-grads.wgsl';

const ENTRY_THREADS = 64;

type PrepareDims = AttentionDims &
  Pick<AttentionFlags, 'hasGate' | 'hasVisibility'> & {
    /** Some rows drop key blocks, by ranges or by a stop rule. */
    readonly hasEnds: boolean;
  };

export const backwardPrepare = defineKernel({
  name: 'attention-backward-prepare',
  source: backwardPrepareWgsl,
  lib: [attentionWgsl],
  bindings: [
    'out:read',
    'dout:read',
    'row_stats:read',
    'log_lambda:read',
    'end_index:read',
    'visibility:read',
    'stats:write',
  ],
  params: ['batch:u32', 'num_heads:u32', 'query_len:u32', 'key_len:u32', 'block_n:u32'],
  select: (dims: PrepareDims) => ({
    HEAD_DIM: dims.headDim,
    WG_SIZE: ENTRY_THREADS,
    HAS_GATE: dims.hasGate,
    HAS_VISIBILITY: dims.hasVisibility,
    HAS_ENDS: dims.hasEnds,
  }),
  grid: ({ batch, numHeads, queryLen, keyLen }) =>
    foldGrid(Math.ceil((batch * numHeads * (queryLen + keyLen)) / ENTRY_THREADS)),
});

const params = [
  'num_heads:u32',
  'num_kv_heads:u32',
  'query_len:u32',
  'key_len:u32',
  'sm_scale:f32',
] as const;

const softwareSpec = ({ headDim }: AttentionDims) => ({
  HEAD_DIM: headDim,
  WG_SIZE: SOFTWARE_THREADS,
});

const query = {
  bindings: ['q:read', 'k:read', 'v:read', 'dout:read', 'stats:read', 'dq:write'],
  params,
  flops: (dims: AttentionDims) => 6 * dims.headDim * causalPairs(dims),
} as const;

const querySoftware = defineKernel({
  ...query,
  name: 'attention-backward-query-software',
  source: backwardQuerySoftwareWgsl,
  lib: [logLambdaWgsl, attentionWgsl],
  select: softwareSpec,
  grid: ({ queryLen, numHeads, batch }: AttentionDims, { WG_SIZE }) => [
    Math.ceil(queryLen / (ROWS_PER_THREAD * WG_SIZE)),
    numHeads,
    batch,
  ],
});

const queryGpu = defineKernel({
  ...query,
  name: 'attention-backward-query-gpu',
  source: backwardQueryGpuWgsl,
  lib: [logLambdaWgsl, attentionWgsl, tileWgsl, rowStatsWgsl],
  select: (dims: AttentionDims) => tileSpec(dims),
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
  flops: (dims: AttentionDims) => 8 * dims.headDim * causalPairs(dims),
} as const;

const keySoftware = defineKernel({
  ...key,
  name: 'attention-backward-key-software',
  source: backwardKeySoftwareWgsl,
  lib: [logLambdaWgsl, attentionWgsl],
  select: softwareSpec,
  grid: (dims: AttentionDims, { WG_SIZE }) => [
    Math.ceil(dims.keyLen / (ROWS_PER_THREAD * WG_SIZE)),
    keyHeads(dims),
    dims.batch,
  ],
});

const keyGpu = defineKernel({
  ...key,
  name: 'attention-backward-key-gpu',
  source: backwardKeyGpuWgsl,
  lib: [logLambdaWgsl, attentionWgsl, tileWgsl, rowStatsWgsl],
  select: (dims: AttentionDims) => tileSpec(dims),
  grid: (dims) => tileGrid(dims, keyHeads(dims), dims.keyLen),
  // beside the tiles: t_sum [32, 8] f32
  workgroupBytes: (spec) => tileBytes(spec) + GPU_TILE * 8 * 4,
});

type Caps = Pick<DeviceCaps, 'kernels'>;

export const backwardQueryKernel = ({ kernels }: Caps) =>
  kernels === 'gpu' ? queryGpu : querySoftware;

export const backwardKeyKernel = ({ kernels }: Caps) => (kernels === 'gpu' ? keyGpu : keySoftware);

type GateDims = Pick<AttentionDims, 'batch' | 'keyLen' | 'numHeads'> &
  Pick<AttentionFlags, 'hasVisibility'>;

export const zeroInactiveGateGrads = defineKernel({
  name: 'attention-zero-inactive-gate-grads',
  source: zeroInactiveGateGradsWgsl,
  bindings: ['dlog_fgate:read_write', 'visibility:read'],
  params: ['batch:u32', 'num_heads:u32', 'query_len:u32', 'key_len:u32'],
  select: ({ hasVisibility }: GateDims) => ({
    WG_SIZE: ENTRY_THREADS,
    HAS_VISIBILITY: hasVisibility,
  }),
  grid: ({ batch, keyLen, numHeads }) =>
    foldGrid(Math.ceil((batch * keyLen * numHeads) / ENTRY_THREADS)),
});
