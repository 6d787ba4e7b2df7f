// The forward kernels, one per family, with the same bindings and params.

import type { DeviceCaps } from '@vulpes/tensor-core';
import { defineKernel, logLambdaWgsl } from '@vulpes/wgsl-kernels';
import { forwardBytes, forwardFlops } from '../costs.ts';
import type { AttentionDims, AttentionFlags } from '../dims.ts';
import { GPU_TILE, ROWS_PER_THREAD, SOFTWARE_THREADS } from '../select-blocks.ts';
import forwardGpuWgsl from './forward.gpu.wgsl';
import forwardSoftwareWgsl from './forward.software.wgsl';
import attentionWgsl from './lib/attention.wgsl';
import rowLimitsWgsl from './lib/row-limits.wgsl';
import tileWgsl from './lib/tile.wgsl';
import { tileBytes, tileGrid, tileSpec } from './tile.ts';

export type ForwardDims = AttentionDims & AttentionFlags;

const shared = {
  bindings: [
    'q:read',
    'k:read',
    'v:read',
    'log_lambda:read',
    'limits:read',
    'visibility:read',
    'out:write',
    'row_stats:write',
  ],
  params: [
    'num_heads:u32',
    'num_kv_heads:u32',
    'query_len:u32',
    'key_len:u32',
    'block_m:u32',
    'block_n:u32',
    'sm_scale:f32',
    'log_tolerance:f32',
  ],
  flops: (dims: ForwardDims) => forwardFlops(dims),
  bytes: (dims: ForwardDims) => forwardBytes(dims),
} as const;

const flagSpec = ({ hasGate, hasVisibility, hasRanges, hasStopRule }: AttentionFlags) => ({
  HAS_GATE: hasGate,
  HAS_VISIBILITY: hasVisibility,
  HAS_RANGES: hasRanges,
  HAS_STOP_RULE: hasStopRule,
});

const forwardSoftware = defineKernel({
  ...shared,
  name: 'attention-forward-software',
  source: forwardSoftwareWgsl,
  lib: [logLambdaWgsl, attentionWgsl, rowLimitsWgsl],
  select: (dims: ForwardDims) => ({
    HEAD_DIM: dims.headDim,
    WG_SIZE: SOFTWARE_THREADS,
    ...flagSpec(dims),
  }),
  grid: ({ queryLen, numHeads, batch }, { WG_SIZE }) => [
    Math.ceil(queryLen / (ROWS_PER_THREAD * WG_SIZE)),
    numHeads,
    batch,
  ],
});

const forwardGpu = defineKernel({
  ...shared,
  name: 'attention-forward-gpu',
  source: forwardGpuWgsl,
  lib: [logLambdaWgsl, attentionWgsl, rowLimitsWgsl, tileWgsl],
  select: (dims: ForwardDims) => ({ ...tileSpec(dims), ...flagSpec(dims) }),
  grid: (dims) => tileGrid(dims, dims.numHeads, dims.queryLen),
  // beside the tiles: t_max [32, 8] f32, t_votes, t_verdict
  workgroupBytes: (spec) => tileBytes(spec) + GPU_TILE * 8 * 4 + 8,
});

export const forwardKernel = ({ kernels }: Pick<DeviceCaps, 'kernels'>) =>
  kernels === 'gpu' ? forwardGpu : forwardSoftware;
