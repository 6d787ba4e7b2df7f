// Specs, grids and costs of the RMSNorm kernels: a thread per row for software adapters, several threads per row for GPUs.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import elemSumWgsl from '../../lib/elem-sum.wgsl';
import laneSumWgsl from '../../lib/lane-sum.wgsl';
import { elemType, lanesPerRow, threadGrid, vectorWidth } from '../../lib/vector.ts';
import backwardLanesWgsl from './rms-norm-backward.lanes.wgsl';
import backwardThreadWgsl from './rms-norm-backward.thread.wgsl';
import dweightWgsl from './rms-norm-dweight.wgsl';
import forwardLanesWgsl from './rms-norm-forward.lanes.wgsl';
import forwardThreadWgsl from './rms-norm-forward.thread.wgsl';

export interface RmsNormDims {
  /** Rows that are normalised, heads counted. */
  readonly rows: number;
  /** D, elements in a row. */
  readonly columns: number;
  /** G: row r uses weight row r % G. */
  readonly weightRows: number;
}

const elemOf = ({ columns }: RmsNormDims) => {
  const WIDTH = vectorWidth(columns);
  return { WIDTH, Elem: elemType(WIDTH) };
};

const selectThread = (dims: RmsNormDims) => ({ WG_SIZE: 64, ...elemOf(dims) });

const gridThread = ({ rows }: RmsNormDims, { WG_SIZE }: { WG_SIZE: number }) =>
  threadGrid(rows, WG_SIZE);

const selectLanes = (dims: RmsNormDims) => {
  const elem = elemOf(dims);
  return { WG_SIZE: 128, LANES: lanesPerRow(dims.columns / elem.WIDTH, 128), ...elem };
};

const gridLanes = ({ rows }: RmsNormDims, spec: ReturnType<typeof selectLanes>) =>
  foldGrid(Math.ceil((rows * spec.LANES) / spec.WG_SIZE));

/** t_lane_sum */
const laneBytes = ({ WG_SIZE }: ReturnType<typeof selectLanes>) => 4 * WG_SIZE;

const forwardShape = {
  bindings: ['x:read', 'weight:read', 'y:write', 'rstd:write'],
  params: ['rows:u32', 'columns:u32', 'weight_rows:u32', 'eps:f32'],
  bytes: ({ rows, columns }: RmsNormDims) => 8 * rows * columns,
} as const;

export const rmsNormForwardThread = defineKernel({
  ...forwardShape,
  name: 'rms-norm-forward.thread',
  source: forwardThreadWgsl,
  lib: [elemSumWgsl],
  select: selectThread,
  grid: gridThread,
});

export const rmsNormForwardLanes = defineKernel({
  ...forwardShape,
  name: 'rms-norm-forward.lanes',
  source: forwardLanesWgsl,
  lib: [elemSumWgsl, laneSumWgsl],
  select: selectLanes,
  grid: gridLanes,
  workgroupBytes: laneBytes,
});

const backwardShape = {
  bindings: ['x:read', 'weight:read', 'rstd:read', 'dy:read', 'dx:write'],
  params: ['rows:u32', 'columns:u32', 'weight_rows:u32'],
  bytes: ({ rows, columns }: RmsNormDims) => 12 * rows * columns,
} as const;

export const rmsNormBackwardThread = defineKernel({
  ...backwardShape,
  name: 'rms-norm-backward.thread',
  source: backwardThreadWgsl,
  lib: [elemSumWgsl],
  select: selectThread,
  grid: gridThread,
});

export const rmsNormBackwardLanes = defineKernel({
  ...backwardShape,
  name: 'rms-norm-backward.lanes',
  source: backwardLanesWgsl,
  lib: [elemSumWgsl, laneSumWgsl],
  select: selectLanes,
  grid: gridLanes,
  workgroupBytes: laneBytes,
});

export const rmsNormDweight = defineKernel({
  name: 'rms-norm-dweight',
  source: dweightWgsl,
  bindings: ['x:read', 'rstd:read', 'dy:read', 'partial_sums:write'],
  params: ['outer_rows:u32', 'weight_rows:u32', 'columns:u32', 'rows_per_part:u32', 'parts:u32'],
  select: ({ columns }: RmsNormDims & { parts: number }) => ({
    WG_SIZE: 64,
    Elem: elemType(vectorWidth(columns)),
  }),
  grid: ({ columns, weightRows, parts }, { WG_SIZE }) =>
    threadGrid((parts * weightRows * columns) / vectorWidth(columns), WG_SIZE),
  bytes: ({ rows, columns }) => 8 * rows * columns,
});
