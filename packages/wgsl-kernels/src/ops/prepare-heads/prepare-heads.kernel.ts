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
import { lanesPerRow, threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import vectorSumWgsl from '../../lib/vector-sum.wgsl';
import visibilityStartsWgsl from '../../lib/visibility-starts.wgsl';
import packedRowWgsl from './packed-row.wgsl';
import gatesBackwardWgsl from './prepare-gates-backward.wgsl';
import queryKeyBackwardWgsl from './prepare-query-key-backward.wgsl';
import queryKeyForwardWgsl from './prepare-query-key-forward.wgsl';
import valuesBackwardWgsl from './prepare-values-backward.wgsl';
import valuesForwardWgsl from './prepare-values-forward.wgsl';
import weightSumsWgsl from './prepare-weight-sums.wgsl';

/** The heads of a layer. */
export interface HeadDims {
  /** H, of q and the output gate. */
  readonly numHeads: number;
  /** Hkv, of k and v. */
  readonly numKvHeads: number;
  /** D */
  readonly headDim: number;
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

/** Partial sums: one for each stretch of each row of tokens. */
const parts = ({ batch, seqLen }: PrepareHeadsDims): number => batch * Math.ceil(seqLen / STRETCH);

/** Where in the sums those of the bias, and the gradients of the shift logits, begin; and how many elements there are. */
export function sumsLayout(dims: PrepareHeadsDims) {
  const { batch, seqLen, numHeads, numKvHeads, headDim } = dims;
  const biasSums = parts(dims) * (numHeads + numKvHeads) * headDim;
  const shiftSums = biasSums + parts(dims) * numHeads;
  return { biasSums, shiftSums, size: shiftSums + batch * seqLen * 2 * numKvHeads };
}

const params = (dims: PrepareHeadsDims) => ({
  tokens: dims.batch * dims.seqLen,
  columns: dims.headDim / vectorWidth(dims.headDim),
  row_vectors: dims.width / vectorWidth(dims.headDim),
});

const toVectorSpec = ({ headDim, dtype }: PrepareHeadsDims) => {
  const WIDTH = vectorWidth(headDim);
  return { WIDTH, Vector: vectorType(WIDTH), Y: vectorType(WIDTH, dtype) };
};

/** Heads of all tokens that a pass goes over: those of q and k, or of v and the output gate. */
const rows = ({ batch, seqLen, numHeads, numKvHeads }: PrepareHeadsDims): number =>
  batch * seqLen * (numHeads + numKvHeads);

const lanesGrid = (count: number, { WG_SIZE, LANES }: { WG_SIZE: number; LANES: number }) =>
  foldGrid(Math.ceil((count * LANES) / WG_SIZE));

const rowsGrid = (dims: PrepareHeadsDims, spec: { WG_SIZE: number; LANES: number }) =>
  lanesGrid(rows(dims), spec);

const ROW_LIB = [shiftWeightsWgsl, visibilityStartsWgsl, packedRowWgsl];
const SUM_LIB = [...ROW_LIB, vectorSumWgsl];
const TILED_LIB = [...SUM_LIB, laneSumsTiledWgsl];
const SCALAR_LIB = [...SUM_LIB, laneSumsSingleWgsl];

const selectTiled = (dims: PrepareHeadsDims) => {
  const vector = toVectorSpec(dims);
  const LANES = lanesPerRow(dims.headDim / vector.WIDTH, 128);
  return { WG_SIZE: 128, LANES, ...vector, Sums: 'f32' };
};

const selectScalar = (dims: PrepareHeadsDims) => ({
  ...{ WG_SIZE: 64, LANES: 1, Sums: 'f32' },
  ...toVectorSpec(dims),
});

const queryKeyForward = {
  source: queryKeyForwardWgsl,
  bindings: [
    ...(['packed:read', 'q_weight:read', 'k_weight:read'] as const),
    ...(['visibility:read?', 'q:write', 'k:write'] as const),
  ],
  params,
  grid: rowsGrid,
} as const;

export const prepareQueryKeyForwardTiled = defineKernel({
  ...queryKeyForward,
  name: 'prepare-query-key-forward.tiled',
  lib: TILED_LIB,
  select: selectTiled,
  // t_lane_sums
  workgroupBytes: ({ WG_SIZE }) => 4 * WG_SIZE,
});

export const prepareQueryKeyForwardScalar = defineKernel({
  ...queryKeyForward,
  name: 'prepare-query-key-forward.scalar',
  lib: SCALAR_LIB,
  select: selectScalar,
});

export const prepareQueryKeyForward = defineVariants<
  PrepareHeadsDims,
  { readonly kernel: typeof prepareQueryKeyForwardTiled | typeof prepareQueryKeyForwardScalar }
>('prepare-query-key-forward', [
  { name: 'tiled', kernel: prepareQueryKeyForwardTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: prepareQueryKeyForwardScalar },
]);

export const prepareValuesForward = defineKernel({
  name: 'prepare-values-forward',
  source: valuesForwardWgsl,
  lib: [...ROW_LIB, logOnePlusWgsl, logSigmoidWgsl],
  bindings: [
    ...(['packed:read', 'bias:read', 'visibility:read?'] as const),
    ...(['v:write', 'output_gate:write', 'log_fgate:write'] as const),
  ],
  params,
  select: (dims: PrepareHeadsDims) => ({ WG_SIZE: 64, ...toVectorSpec(dims) }),
  grid: (dims, { WG_SIZE }) =>
    threadGrid((rows(dims) * dims.headDim) / vectorWidth(dims.headDim), WG_SIZE),
});

const queryKeyBackward = {
  source: queryKeyBackwardWgsl,
  bindings: [
    ...(['packed:read', 'q_weight:read', 'k_weight:read', 'visibility:read?'] as const),
    ...(['dq:read', 'dk:read', 'dpacked:write', 'sums:write'] as const),
  ],
  params(dims: PrepareHeadsDims) {
    const { columns, row_vectors } = params(dims);
    return { parts: parts(dims), columns, row_vectors, shift_sums: sumsLayout(dims).shiftSums };
  },
  grid: (dims: PrepareHeadsDims, spec: { WG_SIZE: number; LANES: number }) =>
    lanesGrid(parts(dims) * (dims.numHeads + dims.numKvHeads), spec),
} as const;

/** A thread for each Vector of a head, where a workgroup has as many: what it keeps from token to token stays in registers. */
function lanesPerHead(vectors: number, workgroupSize: number): number {
  let lanes = 1;
  while (lanes < workgroupSize && lanes < vectors) lanes *= 2;
  return lanes;
}

export const prepareQueryKeyBackwardTiled = defineKernel({
  ...queryKeyBackward,
  name: 'prepare-query-key-backward.tiled',
  lib: TILED_LIB,
  select: (dims) => {
    const vector = toVectorSpec(dims);
    const vectors = dims.headDim / vector.WIDTH;
    const LANES = lanesPerHead(vectors, 128);
    const OWN = Math.ceil(vectors / LANES);
    return { WG_SIZE: 128, LANES, OWN, STRETCH, ...vector, Sums: 'vec4<f32>' };
  },
  // t_lane_sums
  workgroupBytes: ({ WG_SIZE }) => 16 * WG_SIZE,
});

export const prepareQueryKeyBackwardScalar = defineKernel({
  ...queryKeyBackward,
  name: 'prepare-query-key-backward.scalar',
  lib: SCALAR_LIB,
  select: (dims) => {
    const vector = toVectorSpec(dims);
    const OWN = dims.headDim / vector.WIDTH;
    return { WG_SIZE: 64, LANES: 1, OWN, STRETCH, ...vector, Sums: 'vec4<f32>' };
  },
});

export const prepareQueryKeyBackward = defineVariants<
  PrepareHeadsDims,
  { readonly kernel: typeof prepareQueryKeyBackwardTiled | typeof prepareQueryKeyBackwardScalar }
>('prepare-query-key-backward', [
  { name: 'tiled', kernel: prepareQueryKeyBackwardTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: prepareQueryKeyBackwardScalar },
]);

const valuesBackward = {
  source: valuesBackwardWgsl,
  bindings: [
    ...(['packed:read', 'visibility:read?', 'dv:read', 'doutput_gate:read'] as const),
    ...(['dpacked:read_write', 'sums:read_write'] as const),
  ],
  params: (dims: PrepareHeadsDims) => ({
    ...params(dims),
    shift_sums: sumsLayout(dims).shiftSums,
  }),
  grid: rowsGrid,
} as const;

export const prepareValuesBackwardTiled = defineKernel({
  ...valuesBackward,
  name: 'prepare-values-backward.tiled',
  lib: TILED_LIB,
  select: selectTiled,
  // t_lane_sums
  workgroupBytes: ({ WG_SIZE }) => 4 * WG_SIZE,
});

export const prepareValuesBackwardScalar = defineKernel({
  ...valuesBackward,
  name: 'prepare-values-backward.scalar',
  lib: SCALAR_LIB,
  select: selectScalar,
});

export const prepareValuesBackward = defineVariants<
  PrepareHeadsDims,
  { readonly kernel: typeof prepareValuesBackwardTiled | typeof prepareValuesBackwardScalar }
>('prepare-values-backward', [
  { name: 'tiled', kernel: prepareValuesBackwardTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: prepareValuesBackwardScalar },
]);

export const prepareGatesBackward = defineKernel({
  name: 'prepare-gates-backward',
  source: gatesBackwardWgsl,
  lib: [sigmoidWgsl],
  bindings: [
    ...(['packed:read', 'bias:read', 'dlog_fgate:read'] as const),
    ...(['dpacked:read_write', 'sums:read_write'] as const),
  ],
  params(dims: PrepareHeadsDims) {
    const { biasSums, shiftSums } = sumsLayout(dims);
    return {
      ...{ parts: parts(dims), row_elements: dims.width, gate_column: headFeatures(dims) },
      ...{ bias_sums: biasSums, shift_sums: shiftSums },
    };
  },
  select: ({ dtype }) => ({ WG_SIZE: 64, STRETCH, Vector: 'f32', Elem: dtype }),
  grid: (dims, { WG_SIZE }) => threadGrid(parts(dims) * (dims.width - headFeatures(dims)), WG_SIZE),
});

const weightSums = {
  source: weightSumsWgsl,
  bindings: ['sums:read', 'dq_weight:write', 'dk_weight:write', 'dbias:write'],
  params: (dims: PrepareHeadsDims) => ({
    parts: parts(dims),
    bias_sums: sumsLayout(dims).biasSums,
  }),
  grid: (dims: PrepareHeadsDims, spec: { WG_SIZE: number; LANES: number }) => {
    const { numHeads, numKvHeads, headDim, hasHeadWeights } = dims;
    const weightRows = hasHeadWeights ? numHeads + numKvHeads : 2;
    return lanesGrid(weightRows * headDim + numHeads, spec);
  },
} as const;

export const prepareWeightSumsTiled = defineKernel({
  ...weightSums,
  name: 'prepare-weight-sums.tiled',
  lib: [laneSumsTiledWgsl],
  select: () => ({ WG_SIZE: 256, LANES: 32, Sums: 'f32' }),
  // t_lane_sums
  workgroupBytes: ({ WG_SIZE }) => 4 * WG_SIZE,
});

export const prepareWeightSumsScalar = defineKernel({
  ...weightSums,
  name: 'prepare-weight-sums.scalar',
  lib: [laneSumsSingleWgsl],
  select: () => ({ WG_SIZE: 64, LANES: 1, Sums: 'f32' }),
});

export const prepareWeightSums = defineVariants<
  PrepareHeadsDims,
  { readonly kernel: typeof prepareWeightSumsTiled | typeof prepareWeightSumsScalar }
>('prepare-weight-sums', [
  { name: 'tiled', kernel: prepareWeightSumsTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: prepareWeightSumsScalar },
]);
