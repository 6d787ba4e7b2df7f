// The kernels of a sum with its RMSNorm: params and grid of each variant, and which one runs.

import { type DType, defineVariants, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import laneSumWgsl from '../../lib/lane-sum.wgsl';
import { avoidBarriersOnCpu } from '../../lib/prefer.ts';
import { lanesPerRow, threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import vectorSumWgsl from '../../lib/vector-sum.wgsl';
import { fitsWalk, walkGrid, walkParams, walkSpec } from '../rms-norm/row-walk.ts';
import backwardScalarWgsl from './add-rms-norm-backward.scalar.wgsl';
import backwardTiledWgsl from './add-rms-norm-backward.tiled.wgsl';
import forwardScalarWgsl from './add-rms-norm-forward.scalar.wgsl';
import forwardTiledWgsl from './add-rms-norm-forward.tiled.wgsl';

export interface AddRmsNormDims {
  readonly rows: number;
  /** D, elements in a row. */
  readonly columns: number;
}

interface LaunchDims extends AddRmsNormDims {
  /** f32 or f16: of delta and of normed, and of their gradients. All else is f32. */
  readonly dtypes: { readonly delta: DType; readonly normed: DType };
}

interface ForwardDims extends LaunchDims {
  readonly eps: number;
}

const toVectorSpec = ({ columns, dtypes }: LaunchDims) => {
  const WIDTH = vectorWidth(columns);
  const [Delta, Normed] = [vectorType(WIDTH, dtypes.delta), vectorType(WIDTH, dtypes.normed)];
  return { WIDTH, Vector: vectorType(WIDTH), Delta, Normed };
};

const selectScalar = (dims: LaunchDims) => ({ WG_SIZE: 64, ...toVectorSpec(dims) });

const gridScalar = ({ rows }: LaunchDims, { WG_SIZE }: { WG_SIZE: number }) =>
  threadGrid(rows, WG_SIZE);

const selectTiled = (dims: LaunchDims) => {
  const vector = toVectorSpec(dims);
  return { WG_SIZE: 128, LANES: lanesPerRow(dims.columns / vector.WIDTH, 128), ...vector };
};

const gridTiled = ({ rows }: LaunchDims, spec: ReturnType<typeof selectTiled>) =>
  foldGrid(Math.ceil((rows * spec.LANES) / spec.WG_SIZE));

/** t_lane_sum */
const tiledBytes = ({ WG_SIZE }: { WG_SIZE: number }) => 4 * WG_SIZE;

const params = ({ columns }: LaunchDims) => ({ columns: columns / vectorWidth(columns) });

const forwardShape = {
  bindings: [
    ...(['residual:read', 'delta:read', 'weight:read'] as const),
    ...(['sum:write', 'normed:write', 'rstd:write'] as const),
  ],
  params,
} as const;

export const addRmsNormForwardScalar = defineKernel({
  ...forwardShape,
  name: 'add-rms-norm-forward.scalar',
  source: forwardScalarWgsl,
  lib: [vectorSumWgsl],
  select: (dims: ForwardDims) => selectScalar(dims),
  grid: gridScalar,
});

export const addRmsNormForwardTiled = defineKernel({
  ...forwardShape,
  name: 'add-rms-norm-forward.tiled',
  source: forwardTiledWgsl,
  lib: [vectorSumWgsl, laneSumWgsl],
  select: (dims: ForwardDims) => selectTiled(dims),
  grid: gridTiled,
  workgroupBytes: tiledBytes,
});

const BACKWARD_BINDINGS = [
  ...(['sum:read', 'weight:read', 'rstd:read', 'dnormed:read', 'dsum:read?'] as const),
  ...(['dx:write', 'ddelta:write?'] as const),
] as const;

export const addRmsNormBackwardScalar = defineKernel({
  name: 'add-rms-norm-backward.scalar',
  source: backwardScalarWgsl,
  lib: [vectorSumWgsl],
  bindings: BACKWARD_BINDINGS,
  params,
  select: selectScalar,
  grid: gridScalar,
});

/** As walks see it: one weight row. */
const toWalk = <Dims extends AddRmsNormDims>(dims: Dims) => ({ ...dims, weightRows: 1 });

export const addRmsNormBackwardTiled = defineKernel({
  name: 'add-rms-norm-backward.tiled',
  source: backwardTiledWgsl,
  lib: [vectorSumWgsl, laneSumWgsl],
  bindings: [...BACKWARD_BINDINGS, 'partial_sums:write?'],
  params(dims: LaunchDims) {
    const { columns, parts, steps } = walkParams(toWalk(dims));
    return { columns, parts, steps };
  },
  select: (dims: LaunchDims) => ({ ...walkSpec(dims), ...toVectorSpec(dims) }),
  grid: (dims, spec) => walkGrid(toWalk(dims), spec),
  workgroupBytes: (spec) => tiledBytes(spec),
});

export const addRmsNormForward = defineVariants<
  ForwardDims,
  { readonly kernel: typeof addRmsNormForwardTiled | typeof addRmsNormForwardScalar }
>('add-rms-norm-forward', [
  { name: 'tiled', kernel: addRmsNormForwardTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: addRmsNormForwardScalar },
]);

export const addRmsNormBackward = defineVariants<
  LaunchDims,
  {
    readonly kernel: typeof addRmsNormBackwardTiled | typeof addRmsNormBackwardScalar;
    /** Partial sums that it leaves of the weight's gradient; null: that is a launch of its own. */
    readonly parts: ((dims: AddRmsNormDims) => number) | null;
  }
>('add-rms-norm-backward', [
  {
    ...{ name: 'tiled', kernel: addRmsNormBackwardTiled },
    ...{ supports: fitsWalk, avoid: avoidBarriersOnCpu },
    parts: (dims) => walkParams(toWalk(dims)).parts,
  },
  { name: 'scalar', kernel: addRmsNormBackwardScalar, parts: null },
]);
