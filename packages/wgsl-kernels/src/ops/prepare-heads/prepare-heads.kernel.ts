// The kernels of prepareHeads: specs, params and grids. Those that sum over a head have two variants of one text: threads that share a head, or one thread.

import { type DType, defineVariants, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import laneSumsSingleWgsl from '../../lib/lane-sums.single.wgsl';
import laneSumsTiledWgsl from '../../lib/lane-sums.tiled.wgsl';
import logOnePlusWgsl from '../../lib/log-one-plus.wgsl';
import logSigmoidWgsl from '../../lib/log-sigmoid.wgsl';
import { avoidBarriersOnCpu } from '../../lib/prefer.ts';
import shiftWeightsWgsl from '../../lib/shift-weights.wgsl';
import sigmoidWgsl from '../../lib/sigmoid.wgsl';
import { lanesPerRow, threadGrid } from '../../lib/vector.ts';
import visibilityStartsWgsl from '../../lib/visibility-starts.wgsl';
import packedRowWgsl from './packed-row.wgsl';
import gatesBackwardWgsl from './prepare-gates-backward.wgsl';
import headsBackwardWgsl from './prepare-heads-backward.wgsl';
import headsForwardWgsl from './prepare-heads-forward.wgsl';

/** The heads of a layer. */
export interface HeadDims {
  /** H, of q and the output gate. */
  readonly numHeads: number;
  /** Hkv, of k and v. */
  readonly numKvHeads: number;
  /** D, a multiple of 4. */
  readonly headDim: number;
}

/** Where the weights of a layer begin in one tensor, in elements. */
export interface WeightPlaces {
  readonly qWeight: number;
  readonly kWeight: number;
  readonly bias: number;
}

export interface PrepareHeadsDims extends HeadDims {
  readonly batch: number;
  readonly seqLen: number;
  /** Elements of a row of the packed projection. */
  readonly width: number;
  /** Tokens that the visibility covers, 0 without visibility. */
  readonly visibilityLen: number;
  /** 1: each head has norm weights of its own; 0: all share one row. */
  readonly hasHeadWeights: number;
  readonly eps: number;
  /** Times the largest norm weights of q and of k: the bound of a head's logits. */
  readonly boundScale: number;
  /** f32 or f16: the packed projection, q, k, v, the output gate and gradients of them. */
  readonly dtype: DType;
}

/** Rows of a packed projection are a multiple of it: whole slices of a product, and slices of f16 that can be bound. */
const WIDTH_STEP = 64;

/** Features of all heads: q, k, v, output gate. */
export const headFeatures = ({ numHeads, numKvHeads, headDim }: HeadDims): number =>
  2 * (numHeads + numKvHeads) * headDim;

/** Rows that a packed projection has: q [H·D], k [Hkv·D], v [Hkv·D], output gate [H·D], shifts of k [Hkv] and of v [Hkv], forget gate [H], zeros. */
export const packedWidth = (dims: HeadDims): number =>
  Math.ceil((headFeatures(dims) + 2 * dims.numKvHeads + dims.numHeads) / WIDTH_STEP) * WIDTH_STEP;

/** Tokens that one group of threads walks in backward, and that a partial sum is of. */
const STRETCH = 16;

/** How many partial sums: one for each stretch of each row of tokens. */
const parts = ({ batch, seqLen }: PrepareHeadsDims): number => batch * Math.ceil(seqLen / STRETCH);

/** Columns of a part's sums: those of the norm weights, of the bias, and the gradients of the stretch's shift logits. */
export function sumsLayout(dims: PrepareHeadsDims) {
  const { numHeads, numKvHeads, headDim, hasHeadWeights } = dims;
  const keys = numHeads * headDim;
  const biasSums = keys + numKvHeads * headDim;
  const shiftSums = biasSums + numHeads;
  const columns = [
    { input: 'qWeight', first: 0, repeats: hasHeadWeights ? 1 : numHeads },
    { input: 'kWeight', first: keys, repeats: hasHeadWeights ? 1 : numKvHeads },
    { input: 'bias', first: biasSums },
  ] as const;
  const width = shiftSums + STRETCH * 2 * numKvHeads;
  return { biasSums, shiftSums, columns, parts: parts(dims), width };
}

/** Where the output gate begins in the tensor that holds q, too: a slice begins at a multiple of 128 elements. */
export const gateAt = ({ batch, seqLen, numHeads, headDim }: PrepareHeadsDims): number =>
  Math.ceil((batch * seqLen * numHeads * headDim) / 128) * 128;

type LaunchDims = PrepareHeadsDims & WeightPlaces;

const params = (dims: PrepareHeadsDims) => ({
  tokens: dims.batch * dims.seqLen,
  columns: dims.headDim / 4,
  row_vectors: dims.width / 4,
});

const toY = ({ dtype }: PrepareHeadsDims) => ({ Y: `vec4<${dtype}>` });

const lanesGrid = (count: number, { WG_SIZE, LANES }: { WG_SIZE: number; LANES: number }) =>
  foldGrid(Math.ceil((count * LANES) / WG_SIZE));

const ROW_LIB = [shiftWeightsWgsl, visibilityStartsWgsl, packedRowWgsl];
const FORWARD_LIB = [...ROW_LIB, logOnePlusWgsl, logSigmoidWgsl];

const headsForward = {
  source: headsForwardWgsl,
  bindings: [
    ...(['packed:read', 'weights:read', 'visibility:read?', 'queries:write'] as const),
    ...(['k:write', 'v:write', 'log_fgate:write', 'logit_bound:write'] as const),
  ],
  params: (dims: LaunchDims) => ({ ...params(dims), gate_at: gateAt(dims) / 4 }),
  grid: (dims: PrepareHeadsDims, spec: { WG_SIZE: number; LANES: number }) =>
    lanesGrid(dims.batch * dims.seqLen * 2 * (dims.numHeads + dims.numKvHeads), spec),
} as const;

export const prepareHeadsForwardTiled = defineKernel({
  ...headsForward,
  name: 'prepare-heads-forward.tiled',
  lib: [...FORWARD_LIB, laneSumsTiledWgsl],
  select: (dims) => {
    const LANES = lanesPerRow(dims.headDim / 4, 128);
    return { WG_SIZE: 128, LANES, ...toY(dims), Sums: 'f32' };
  },
  // t_lane_sums
  workgroupBytes: ({ WG_SIZE }) => 4 * WG_SIZE,
});

export const prepareHeadsForwardScalar = defineKernel({
  ...headsForward,
  name: 'prepare-heads-forward.scalar',
  lib: [...FORWARD_LIB, laneSumsSingleWgsl],
  select: (dims) => ({ WG_SIZE: 64, LANES: 1, ...toY(dims), Sums: 'f32' }),
});

export const prepareHeadsForward = defineVariants<
  LaunchDims,
  { readonly kernel: typeof prepareHeadsForwardTiled | typeof prepareHeadsForwardScalar }
>('prepare-heads-forward', [
  { name: 'tiled', kernel: prepareHeadsForwardTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: prepareHeadsForwardScalar },
]);

const headsBackward = {
  source: headsBackwardWgsl,
  bindings: [
    ...(['packed:read', 'weights:read', 'visibility:read?'] as const),
    ...(['dq:read', 'dk:read', 'dv:read', 'dpacked:write', 'sums:write'] as const),
  ],
  params(dims: LaunchDims) {
    const { columns, row_vectors } = params(dims);
    const { width, shiftSums } = sumsLayout(dims);
    return { parts: parts(dims), columns, row_vectors, part_width: width, shift_sums: shiftSums };
  },
  grid: (dims: PrepareHeadsDims, spec: { WG_SIZE: number; LANES: number }) =>
    lanesGrid(parts(dims) * (dims.numHeads + 2 * dims.numKvHeads), spec),
} as const;

/** A thread for each vec4 of a head, where a workgroup has as many: what it keeps from token to token stays in registers. */
function lanesPerHead(vectors: number, workgroupSize: number): number {
  let lanes = 1;
  while (lanes < workgroupSize && lanes < vectors) lanes *= 2;
  return lanes;
}

export const prepareHeadsBackwardTiled = defineKernel({
  ...headsBackward,
  name: 'prepare-heads-backward.tiled',
  lib: [...ROW_LIB, laneSumsTiledWgsl],
  select: (dims) => {
    const LANES = lanesPerHead(dims.headDim / 4, 128);
    const OWN = Math.ceil(dims.headDim / 4 / LANES);
    return { WG_SIZE: 128, LANES, OWN, STRETCH, ...toY(dims), Sums: 'vec4<f32>' };
  },
  // t_lane_sums
  workgroupBytes: ({ WG_SIZE }) => 16 * WG_SIZE,
});

export const prepareHeadsBackwardScalar = defineKernel({
  ...headsBackward,
  name: 'prepare-heads-backward.scalar',
  lib: [...ROW_LIB, laneSumsSingleWgsl],
  select: (dims) => ({
    ...{ WG_SIZE: 64, LANES: 1, OWN: dims.headDim / 4, STRETCH },
    ...{ ...toY(dims), Sums: 'vec4<f32>' },
  }),
});

export const prepareHeadsBackward = defineVariants<
  LaunchDims,
  { readonly kernel: typeof prepareHeadsBackwardTiled | typeof prepareHeadsBackwardScalar }
>('prepare-heads-backward', [
  { name: 'tiled', kernel: prepareHeadsBackwardTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: prepareHeadsBackwardScalar },
]);

export const prepareGatesBackward = defineKernel({
  name: 'prepare-gates-backward',
  source: gatesBackwardWgsl,
  lib: [sigmoidWgsl],
  bindings: [
    ...(['packed:read', 'weights:read', 'doutput_gate:read', 'dlog_fgate:read'] as const),
    ...(['dpacked:read_write', 'sums:read_write'] as const),
  ],
  params(dims: LaunchDims) {
    const { biasSums, shiftSums, width } = sumsLayout(dims);
    return {
      ...{ ...params(dims), parts: parts(dims), part_width: width },
      ...{ bias_sums: biasSums, shift_sums: shiftSums },
    };
  },
  select: (dims) => ({ WG_SIZE: 64, STRETCH, ...toY(dims), Vector: 'f32' }),
  grid: (dims, { WG_SIZE }) => {
    const walks = (parts(dims) * (dims.width - headFeatures(dims))) / 4;
    const copies = (dims.batch * dims.seqLen * dims.numHeads * dims.headDim) / 4;
    return threadGrid(walks + copies, WG_SIZE);
  },
});
