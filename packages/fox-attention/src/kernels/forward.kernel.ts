// The forward kernels: bindings, params and grid of each variant, and which one runs.

import { defineVariants } from '@vulpes/tensor-core';
import {
  avoidBarriersOnCpu,
  type BlockSizes,
  defineKernel,
  logLambdaWgsl,
} from '@vulpes/wgsl-kernels';
import { type AttentionDims, type AttentionFlags, keyHeads } from '../dims.ts';
import forwardScalarWgsl from './forward.scalar.wgsl';
import forwardTiledWgsl from './forward.tiled.wgsl';
import attentionWgsl from './lib/attention.wgsl';
import rowLimitsWgsl from './lib/row-limits.wgsl';
import tileWgsl from './lib/tile.wgsl';
import { ROWS_PER_THREAD, SCALAR_THREADS, TILE, tileBytes, tileGrid, tileSpec } from './tile.ts';

export interface ForwardDims extends AttentionDims, AttentionFlags, BlockSizes {
  readonly smScale: number;
  /** log ε of a stop rule, 0 without one. */
  readonly logTolerance: number;
}

const shared = {
  bindings: [
    'q:read',
    'k:read',
    'v:read',
    'log_lambda:read?',
    'limits:read?',
    'visibility:read?',
    'out:write',
    'row_stats:write',
  ],
  params: (dims: ForwardDims) => ({ num_kv_heads: keyHeads(dims) }),
} as const;

const flagSpec = ({ hasGate, hasRanges, hasStopRule }: AttentionFlags) => ({
  HAS_GATE: hasGate,
  HAS_RANGES: hasRanges,
  HAS_STOP_RULE: hasStopRule,
});

export const forwardScalar = defineKernel({
  ...shared,
  name: 'attention-forward.scalar',
  source: forwardScalarWgsl,
  lib: [logLambdaWgsl, attentionWgsl, rowLimitsWgsl],
  select: (dims: ForwardDims) => ({
    HEAD_DIM: dims.headDim,
    WG_SIZE: SCALAR_THREADS,
    ...flagSpec(dims),
  }),
  grid: ({ queryLen, numHeads, batch }, { WG_SIZE }) => [
    Math.ceil(queryLen / (ROWS_PER_THREAD * WG_SIZE)),
    numHeads,
    batch,
  ],
});

export const forwardTiled = defineKernel({
  ...shared,
  name: 'attention-forward.tiled',
  source: forwardTiledWgsl,
  lib: [logLambdaWgsl, attentionWgsl, rowLimitsWgsl, tileWgsl],
  select: (dims: ForwardDims) => ({ ...tileSpec(dims), ...flagSpec(dims) }),
  grid: (dims) => tileGrid(dims, dims.numHeads, dims.queryLen),
  // beside the tiles: t_max [32, 8] f32, t_votes, t_verdict
  workgroupBytes: (spec) => tileBytes(spec) + TILE * 8 * 4 + 8,
});

/** The block sizes of pruning that suit a variant. */
interface SuitedBlocks {
  readonly minBlock: number;
  readonly maxBlock: number;
}

export const attentionForward = defineVariants<
  ForwardDims,
  SuitedBlocks & { readonly kernel: typeof forwardTiled | typeof forwardScalar }
>('attention-forward', [
  {
    name: 'tiled',
    kernel: forwardTiled,
    avoid: avoidBarriersOnCpu,
    minBlock: 32,
    maxBlock: 64,
  },
  { name: 'scalar', kernel: forwardScalar, minBlock: 8, maxBlock: 32 },
]);
