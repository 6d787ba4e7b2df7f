// The RMSNorm kernels: params and grid of each variant, and which one runs.

import { type DType, defineVariants, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import laneSumWgsl from '../../lib/lane-sum.wgsl';
import { avoidBarriersOnCpu } from '../../lib/prefer.ts';
import { lanesPerRow, threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import vectorSumWgsl from '../../lib/vector-sum.wgsl';
import { GATE_LIB, type GateActivation } from '../output-gate/output-gate.kernel.ts';
import backwardScalarWgsl from './rms-norm-backward.scalar.wgsl';
import backwardTiledWgsl from './rms-norm-backward.tiled.wgsl';
import dweightWgsl from './rms-norm-dweight.wgsl';
import forwardScalarWgsl from './rms-norm-forward.scalar.wgsl';
import forwardTiledWgsl from './rms-norm-forward.tiled.wgsl';
import { fitsWalk, walkGrid, walkParams, walkSpec } from './row-walk.ts';

export interface RmsNormDims {
  /** Rows that are normalised, heads counted. */
  readonly rows: number;
  /** D, elements in a row. */
  readonly columns: number;
  /** G: row r uses weight row r % G. */
  readonly weightRows: number;
}

/** f32 or f16: x and dx, y and dy, gate and dgate. The weight, rstd and sums are f32. */
export interface RmsNormTypes {
  readonly dtypes: { readonly x: DType; readonly y: DType; readonly gate?: DType };
  /** Of the gate, where there is one. */
  readonly activation?: GateActivation;
}

type LaunchDims = RmsNormDims & RmsNormTypes;

const toTypes = ({ columns, dtypes, activation }: LaunchDims) => {
  const width = vectorWidth(columns);
  const { x, y, gate } = dtypes;
  const [X, Y, Gate] = [vectorType(width, x), vectorType(width, y), vectorType(width, gate)];
  return { Vector: vectorType(width), X, Y, Gate, IS_SILU: activation === 'silu' };
};

const toVectorSpec = (dims: LaunchDims) => ({
  WIDTH: vectorWidth(dims.columns),
  ...toTypes(dims),
});

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
const tiledBytes = ({ WG_SIZE }: ReturnType<typeof selectTiled>) => 4 * WG_SIZE;

interface ForwardDims extends RmsNormDims, RmsNormTypes {
  readonly eps: number;
}

const params = ({ columns }: LaunchDims) => ({ columns: columns / vectorWidth(columns) });

const forwardShape = {
  bindings: ['x:read', 'weight:read', 'gate:read?', 'y:write', 'rstd:write'],
  params,
} as const;

export const rmsNormForwardScalar = defineKernel({
  ...forwardShape,
  name: 'rms-norm-forward.scalar',
  source: forwardScalarWgsl,
  lib: [...GATE_LIB, vectorSumWgsl],
  select: (dims: ForwardDims) => selectScalar(dims),
  grid: gridScalar,
});

export const rmsNormForwardTiled = defineKernel({
  ...forwardShape,
  name: 'rms-norm-forward.tiled',
  source: forwardTiledWgsl,
  lib: [...GATE_LIB, vectorSumWgsl, laneSumWgsl],
  select: (dims: ForwardDims) => selectTiled(dims),
  grid: gridTiled,
  workgroupBytes: tiledBytes,
});

const BACKWARD_BINDINGS = [
  ...(['x:read', 'weight:read', 'rstd:read', 'dy:read'] as const),
  ...(['gate:read?', 'dx:write', 'dgate:write?'] as const),
] as const;

export const rmsNormBackwardScalar = defineKernel({
  name: 'rms-norm-backward.scalar',
  source: backwardScalarWgsl,
  lib: [...GATE_LIB, vectorSumWgsl],
  bindings: BACKWARD_BINDINGS,
  params,
  select: selectScalar,
  grid: gridScalar,
});

export const rmsNormBackwardTiled = defineKernel({
  name: 'rms-norm-backward.tiled',
  source: backwardTiledWgsl,
  lib: [...GATE_LIB, vectorSumWgsl, laneSumWgsl],
  bindings: [...BACKWARD_BINDINGS, 'partial_sums:write?'],
  params: (dims: LaunchDims) => walkParams(dims),
  select: (dims: LaunchDims) => ({ ...walkSpec(dims), ...toVectorSpec(dims) }),
  grid: (dims, spec) => walkGrid(dims, spec),
  // t_lane_sum
  workgroupBytes: ({ WG_SIZE }) => 4 * WG_SIZE,
});

export const rmsNormForward = defineVariants<
  ForwardDims,
  { readonly kernel: typeof rmsNormForwardTiled | typeof rmsNormForwardScalar }
>('rms-norm-forward', [
  { name: 'tiled', kernel: rmsNormForwardTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: rmsNormForwardScalar },
]);

export const rmsNormBackward = defineVariants<
  LaunchDims,
  {
    readonly kernel: typeof rmsNormBackwardTiled | typeof rmsNormBackwardScalar;
    /** Partial sums that it leaves of the weight's gradient; null: that is a launch of its own. */
    readonly parts: ((dims: RmsNormDims) => number) | null;
  }
>('rms-norm-backward', [
  {
    ...{ name: 'tiled', kernel: rmsNormBackwardTiled, parts: (dims) => walkParams(dims).parts },
    ...{ supports: fitsWalk, avoid: avoidBarriersOnCpu },
  },
  { name: 'scalar', kernel: rmsNormBackwardScalar, parts: null },
]);

interface DweightDims extends RmsNormDims, RmsNormTypes {
  /** Stretches of rows, each with a partial sum. */
  readonly parts: number;
  readonly rowsPerPart: number;
}

export const rmsNormDweight = defineKernel({
  name: 'rms-norm-dweight',
  source: dweightWgsl,
  lib: GATE_LIB,
  bindings: ['x:read', 'rstd:read', 'dy:read', 'gate:read?', 'partial_sums:write'],
  params: ({ rows, columns, weightRows }: DweightDims) => ({
    outer_rows: rows / weightRows,
    columns: columns / vectorWidth(columns),
  }),
  select: (dims: DweightDims) => ({ WG_SIZE: 64, ...toTypes(dims) }),
  grid: ({ columns, weightRows, parts }, { WG_SIZE }) =>
    threadGrid((parts * weightRows * columns) / vectorWidth(columns), WG_SIZE),
});
