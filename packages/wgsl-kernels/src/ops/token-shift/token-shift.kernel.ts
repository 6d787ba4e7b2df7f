// Specs, grids and costs of the token shift kernels: backward with a thread per row for software adapters, several per row for GPUs.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import elemSumWgsl from '../../lib/elem-sum.wgsl';
import laneSumWgsl from '../../lib/lane-sum.wgsl';
import shiftWeightsWgsl from '../../lib/shift-weights.wgsl';
import { elemType, lanesPerRow, threadGrid, vectorWidth } from '../../lib/vector.ts';
import visibilityStartsWgsl from '../../lib/visibility-starts.wgsl';
import shiftGradientWgsl from './shift-gradient.wgsl';
import shiftNeighboursWgsl from './shift-neighbours.wgsl';
import backwardLanesWgsl from './token-shift-backward.lanes.wgsl';
import backwardThreadWgsl from './token-shift-backward.thread.wgsl';
import forwardWgsl from './token-shift-forward.wgsl';

export interface TokenShiftDims {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly headDim: number;
}

const rows = ({ batch, seqLen, numHeads }: TokenShiftDims) => batch * seqLen * numHeads;

/** What a token shift knows beside its sizes. */
export interface TokenShiftSetting {
  /** Tokens that the visibility cover, 0 without visibility. */
  readonly visibilityLen: number;
  /** Where the first token stands in the visibility. */
  readonly offset: number;
  readonly hasPrevious: boolean;
}

const PARAMS = [
  'rows:u32',
  'seq_len:u32',
  'num_heads:u32',
  'columns:u32',
  'visibility_len:u32',
  'offset:u32',
  'has_previous:u32',
] as const;

export const tokenShiftParams = (dims: TokenShiftDims, setting: TokenShiftSetting) => ({
  rows: rows(dims),
  seq_len: dims.seqLen,
  num_heads: dims.numHeads,
  columns: dims.headDim / vectorWidth(dims.headDim),
  visibility_len: setting.visibilityLen,
  offset: setting.offset,
  has_previous: Number(setting.hasPrevious),
});

const FORWARD_LIB = [shiftWeightsWgsl, visibilityStartsWgsl, shiftNeighboursWgsl];
const BACKWARD_LIB = [...FORWARD_LIB, shiftGradientWgsl, elemSumWgsl];

export const tokenShiftForward = defineKernel({
  name: 'token-shift-forward',
  source: forwardWgsl,
  lib: FORWARD_LIB,
  bindings: ['y:read', 'shift_logit:read', 'visibility:read', 'previous:read', 'shifted:write'],
  params: PARAMS,
  select: ({ headDim }: TokenShiftDims) => ({ WG_SIZE: 64, Elem: elemType(vectorWidth(headDim)) }),
  grid: (dims, { WG_SIZE }) =>
    threadGrid((rows(dims) * dims.headDim) / vectorWidth(dims.headDim), WG_SIZE),
  bytes: (dims) => 8 * rows(dims) * dims.headDim,
});

const elemOf = ({ headDim }: TokenShiftDims) => {
  const WIDTH = vectorWidth(headDim);
  return { WIDTH, Elem: elemType(WIDTH) };
};

const BACKWARD_BINDINGS = [
  'y:read',
  'shift_logit:read',
  'dshifted:read',
  'visibility:read',
  'previous:read',
  'dy:write',
  'dshift_logit:write',
] as const;

export const tokenShiftBackwardThread = defineKernel({
  name: 'token-shift-backward.thread',
  source: backwardThreadWgsl,
  lib: BACKWARD_LIB,
  bindings: BACKWARD_BINDINGS,
  params: PARAMS,
  select: (dims: TokenShiftDims) => ({ WG_SIZE: 64, ...elemOf(dims) }),
  grid: (dims, { WG_SIZE }) => threadGrid(rows(dims), WG_SIZE),
  bytes: (dims) => 12 * rows(dims) * dims.headDim,
});

export const tokenShiftBackwardLanes = defineKernel({
  name: 'token-shift-backward.lanes',
  source: backwardLanesWgsl,
  lib: [...BACKWARD_LIB, laneSumWgsl],
  bindings: BACKWARD_BINDINGS,
  params: PARAMS,
  select: (dims: TokenShiftDims) => {
    const elem = elemOf(dims);
    return { WG_SIZE: 128, LANES: lanesPerRow(dims.headDim / elem.WIDTH, 128), ...elem };
  },
  grid: (dims, spec) => foldGrid(Math.ceil((rows(dims) * spec.LANES) / spec.WG_SIZE)),
  // t_lane_sum
  workgroupBytes: ({ WG_SIZE }) => 4 * WG_SIZE,
  bytes: (dims) => 12 * rows(dims) * dims.headDim,
});
