// The backward kernels: per-row and per-key numbers first, then dQ, then dK, dV and the gate's column sums.

import { type DeviceCaps, foldGrid } from '@vulpes/tensor-core';
import { defineKernel, logLambdaWgsl } from '@vulpes/wgsl-kernels';
import { causalPairs } from '../costs.ts';
import type { AttentionDims, AttentionFlags } from '../dims.ts';
import { GPU_TILE, ROWS_PER_THREAD, selectTile } from '../select-blocks.ts';
import backwardKeyGpuWgsl from './backward-key.gpu.wgsl';
import backwardKeySoftwareWgsl from './backward-key.software.wgsl';
import backwardPrepareWgsl from './backward-prepare.wgsl';
import backwardQueryGpuWgsl from './backward-query.gpu.wgsl';
import backwardQuerySoftwareWgsl from './backward-query.software.wgsl';
import clearFirstGatesWgsl from './clear-first-gates.wgsl';
import attentionWgsl from './lib/attention.wgsl';
import tileWgsl from './lib/tile.wgsl';
import { tileBytes, tileSpec } from './tile.ts';

const ENTRY_THREADS = 64;

export const backwardPrepare = defineKernel({
  name: 'attention-backward-prepare',
  source: backwardPrepareWgsl,
  lib: [attentionWgsl],
  bindings: [
    'out:read',
    'dout:read',
    'lse:read',
    'log_lambda:read',
    'start_index:read',
    'end_index:read',
    'seq_start:read',
    'stats:write',
  ],
  params: [
    'batch:u32',
    'num_heads:u32',
    'query_len:u32',
    'key_len:u32',
    'block_m:u32',
    'block_n:u32',
  ],
  select: (dims: AttentionDims & AttentionFlags) => ({
    HEAD_DIM: dims.headDim,
    WG_SIZE: ENTRY_THREADS,
    HAS_GATE: dims.hasGate,
    HAS_PADDING: dims.hasPadding,
    HAS_RANGES: dims.hasRanges,
  }),
  grid: ({ batch, numHeads, queryLen, keyLen }) =>
    foldGrid(Math.ceil((batch * numHeads * (queryLen + keyLen)) / ENTRY_THREADS)),
});

const params = ['num_heads:u32', 'query_len:u32', 'key_len:u32', 'sm_scale:f32'] as const;

const softwareSpec = ({ headDim }: AttentionDims) => ({
  HEAD_DIM: headDim,
  WG_SIZE: selectTile({ kernels: 'software' }).threads,
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
  lib: [logLambdaWgsl, attentionWgsl, tileWgsl],
  select: (dims: AttentionDims) => tileSpec(dims),
  grid: ({ queryLen, numHeads, batch }) => [Math.ceil(queryLen / GPU_TILE), numHeads, batch],
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
  grid: ({ keyLen, numHeads, batch }: AttentionDims, { WG_SIZE }) => [
    Math.ceil(keyLen / (ROWS_PER_THREAD * WG_SIZE)),
    numHeads,
    batch,
  ],
});

const keyGpu = defineKernel({
  ...key,
  name: 'attention-backward-key-gpu',
  source: backwardKeyGpuWgsl,
  lib: [logLambdaWgsl, attentionWgsl, tileWgsl],
  select: (dims: AttentionDims) => tileSpec(dims),
  grid: ({ keyLen, numHeads, batch }) => [Math.ceil(keyLen / GPU_TILE), numHeads, batch],
  // beside the tiles: t_sum [32, 8] f32
  workgroupBytes: (spec) => tileBytes(spec) + GPU_TILE * 8 * 4,
});

type Caps = Pick<DeviceCaps, 'kernels'>;

export const backwardQueryKernel = ({ kernels }: Caps) =>
  kernels === 'gpu' ? queryGpu : querySoftware;

export const backwardKeyKernel = ({ kernels }: Caps) => (kernels === 'gpu' ? keyGpu : keySoftware);

interface GateDims {
  readonly batch: number;
  readonly keyLen: number;
  readonly numHeads: number;
  readonly hasPadding: boolean;
}

export const clearFirstGates = defineKernel({
  name: 'attention-clear-first-gates',
  source: clearFirstGatesWgsl,
  bindings: ['dlog_fgate:read_write', 'seq_start:read'],
  params: ['batch:u32', 'num_heads:u32', 'key_len:u32'],
  select: ({ hasPadding }: GateDims) => ({ WG_SIZE: ENTRY_THREADS, HAS_PADDING: hasPadding }),
  grid: ({ batch, keyLen, numHeads }) =>
    foldGrid(Math.ceil((batch * keyLen * numHeads) / ENTRY_THREADS)),
});
