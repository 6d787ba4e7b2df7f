// The forward kernels: bindings, params and grid of each variant, and which one runs.

import { type DeviceCaps, defineVariants } from '@vulpes/tensor-core';
import {
  avoidBarriersOnCpu,
  type BlockSizes,
  defineKernel,
  logLambdaWgsl,
} from '@vulpes/wgsl-kernels';
import { type AttentionDims, type AttentionFlags, keyHeads } from '../dims.ts';
import forwardMatrixWgsl from './forward.matrix.wgsl';
import forwardScalarWgsl from './forward.scalar.wgsl';
import forwardTiledWgsl from './forward.tiled.wgsl';
import attentionWgsl from './lib/attention.wgsl';
import matrixWgsl from './lib/matrix.wgsl';
import placeWgsl from './lib/place.wgsl';
import rowLimitsWgsl from './lib/row-limits.wgsl';
import tileWgsl from './lib/tile.wgsl';
import {
  forwardTiles,
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

export interface ForwardDims extends AttentionDims, AttentionFlags, BlockSizes {
  readonly smScale: number;
  /** log ε of a stop rule, 0 without one. */
  readonly logTolerance: number;
}

const limitInputs = ['log_lambda:read?', 'limits:read?', 'visibility:read?'] as const;
const inputs = ['q:read', 'k:read', 'v:read', ...limitInputs] as const;
/** Loads stay where they are, a tile before their use. */
const PINNED = ['q:read*', 'k:read*', 'v:read*'] as const;
const outputs = ['out:write', 'row_stats:write'] as const;

const shared = {
  bindings: [...inputs, ...outputs],
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
    Stored: storedVector(dims.dtype),
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
  lib: [logLambdaWgsl, attentionWgsl, rowLimitsWgsl, placeWgsl, tileWgsl],
  select: (dims: ForwardDims) => ({ ...tileSpec(dims), ...flagSpec(dims) }),
  grid: (dims) => tileGrid(dims, dims.numHeads, dims.queryLen),
  // beside the tiles: t_max [32, 8] f32, t_votes, t_verdict
  workgroupBytes: (spec) => tileBytes(spec) + TILE * 8 * 4 + 8,
});

/** @param isHalf - scores in f16, for heads whose logits are bounded; else in f32, for any */
const forwardMatrixOf = (isHalf: boolean) =>
  defineKernel({
    name: `attention-forward.matrix${isHalf ? '-half' : ''}`,
    source: forwardMatrixWgsl,
    lib: [logLambdaWgsl, attentionWgsl, rowLimitsWgsl, placeWgsl, matrixWgsl],
    bindings: [...PINNED, ...limitInputs, 'logit_bound:read?', ...outputs],
    params: (dims: ForwardDims) => ({ ...shared.params(dims), max_bound: MAX_HALF_BOUND }),
    select: (dims: ForwardDims, caps: DeviceCaps) => {
      const shape = matrixShape(caps);
      const tiles = forwardTiles(dims, shape, isHalf);
      // The tile, or a matrix of outputs of each subgroup.
      const tileUnits = tiles.columns * (dims.headDim / 8 + 1);
      const outUnits = (tiles.subgroups * shape.side ** 2) / 4;
      return {
        ...matrixSpec(dims, shape, tiles, isHalf),
        TILE_UNITS: Math.max(tileUnits, outUnits),
        ...flagSpec(dims),
      };
    },
    grid: (dims, { SUBGROUPS, ROWS }) =>
      tileGrid(dims, dims.numHeads, dims.queryLen, SUBGROUPS * ROWS),
  });

export const forwardMatrix = forwardMatrixOf(false);
export const forwardMatrixHalf = forwardMatrixOf(true);

type ForwardKernel = typeof forwardTiled | typeof forwardScalar | typeof forwardMatrix;

interface ForwardVariant {
  /** The launches of a call. */
  selectKernels(dims: ForwardDims): readonly ForwardKernel[];
  /** The block sizes of pruning that suit it. */
  readonly minBlock: number;
  readonly maxBlock: number;
}

export const attentionForward = defineVariants<ForwardDims, ForwardVariant>('attention-forward', [
  {
    name: 'matrix',
    requires: MATRIX_REQUIRES,
    supports: supportsMatrix,
    avoid: avoidBarriersOnCpu,
    // The bound is known on the GPU only: each launch leaves at once the heads that are not its own.
    selectKernels: ({ hasLogitBound }) =>
      hasLogitBound ? [forwardMatrixHalf, forwardMatrix] : [forwardMatrix],
    minBlock: 32,
    maxBlock: 64,
  },
  {
    name: 'tiled',
    avoid: avoidBarriersOnCpu,
    selectKernels: () => [forwardTiled],
    minBlock: 32,
    maxBlock: 64,
  },
  { name: 'scalar', selectKernels: () => [forwardScalar], minBlock: 8, maxBlock: 32 },
]);
