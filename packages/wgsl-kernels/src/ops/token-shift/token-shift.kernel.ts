// The token shift kernels: params and grid of each variant, and which one runs.

import { type DType, defineVariants, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import laneSumWgsl from '../../lib/lane-sum.wgsl';
import { avoidBarriersOnCpu } from '../../lib/prefer.ts';
import shiftWeightsWgsl from '../../lib/shift-weights.wgsl';
import { lanesPerRow, threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import vectorSumWgsl from '../../lib/vector-sum.wgsl';
import visibilityStartsWgsl from '../../lib/visibility-starts.wgsl';
import shiftGradientWgsl from './shift-gradient.wgsl';
import shiftNeighboursWgsl from './shift-neighbours.wgsl';
import backwardScalarWgsl from './token-shift-backward.scalar.wgsl';
import backwardTiledWgsl from './token-shift-backward.tiled.wgsl';
import forwardWgsl from './token-shift-forward.wgsl';

export interface TokenShiftDims {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly headDim: number;
}

export interface TokenShiftLaunch extends TokenShiftDims {
  /** Tokens that the visibility cover, 0 without visibility. */
  readonly visibilityLen: number;
  /** Where the first token stands in the visibility. */
  readonly offset: number;
  /** 1 with a previous token, else 0. */
  readonly hasPrevious: number;
  /** f32 or f16: y, previous, the result and gradients of them; the logits and their gradient. */
  readonly dtypes: { readonly y: DType; readonly logit: DType };
}

const rows = ({ batch, seqLen, numHeads }: TokenShiftDims) => batch * seqLen * numHeads;

const params = (dims: TokenShiftLaunch) => ({
  rows: rows(dims),
  columns: dims.headDim / vectorWidth(dims.headDim),
});

const FORWARD_LIB = [shiftWeightsWgsl, visibilityStartsWgsl, shiftNeighboursWgsl];
const BACKWARD_LIB = [...FORWARD_LIB, shiftGradientWgsl, vectorSumWgsl];

const toTypes = ({ headDim, dtypes }: TokenShiftLaunch) => {
  const width = vectorWidth(headDim);
  return { Vector: vectorType(width), Y: vectorType(width, dtypes.y), Logit: dtypes.logit };
};

const toVectorSpec = (dims: TokenShiftLaunch) => ({
  WIDTH: vectorWidth(dims.headDim),
  ...toTypes(dims),
});

export const tokenShiftForward = defineKernel({
  name: 'token-shift-forward',
  source: forwardWgsl,
  lib: FORWARD_LIB,
  bindings: ['y:read', 'shift_logit:read', 'visibility:read?', 'previous:read?', 'shifted:write'],
  params,
  select: (dims: TokenShiftLaunch) => ({ WG_SIZE: 64, ...toTypes(dims) }),
  grid: (dims, { WG_SIZE }) =>
    threadGrid((rows(dims) * dims.headDim) / vectorWidth(dims.headDim), WG_SIZE),
});

const BACKWARD_BINDINGS = [
  'y:read',
  'shift_logit:read',
  'dshifted:read',
  'visibility:read?',
  'previous:read?',
  'dy:write',
  'dshift_logit:write',
] as const;

export const tokenShiftBackwardScalar = defineKernel({
  name: 'token-shift-backward.scalar',
  source: backwardScalarWgsl,
  lib: BACKWARD_LIB,
  bindings: BACKWARD_BINDINGS,
  params,
  select: (dims: TokenShiftLaunch) => ({ WG_SIZE: 64, ...toVectorSpec(dims) }),
  grid: (dims, { WG_SIZE }) => threadGrid(rows(dims), WG_SIZE),
});

export const tokenShiftBackwardTiled = defineKernel({
  name: 'token-shift-backward.tiled',
  source: backwardTiledWgsl,
  lib: [...BACKWARD_LIB, laneSumWgsl],
  bindings: BACKWARD_BINDINGS,
  params,
  select: (dims: TokenShiftLaunch) => {
    const vector = toVectorSpec(dims);
    return { WG_SIZE: 128, LANES: lanesPerRow(dims.headDim / vector.WIDTH, 128), ...vector };
  },
  grid: (dims, spec) => foldGrid(Math.ceil((rows(dims) * spec.LANES) / spec.WG_SIZE)),
  // t_lane_sum
  workgroupBytes: ({ WG_SIZE }) => 4 * WG_SIZE,
});

export const tokenShiftBackward = defineVariants<
  TokenShiftLaunch,
  { readonly kernel: typeof tokenShiftBackwardTiled | typeof tokenShiftBackwardScalar }
>('token-shift-backward', [
  { name: 'tiled', kernel: tokenShiftBackwardTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: tokenShiftBackwardScalar },
]);
