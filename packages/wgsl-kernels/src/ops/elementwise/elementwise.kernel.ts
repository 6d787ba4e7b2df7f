// Spec, grid and cost of the elementwise kernels.

import { defineKernel } from '../../define-kernel.ts';
import { elemType, threadGrid, vectorWidth } from '../../lib/vector.ts';
import accumulateWgsl from './accumulate.wgsl';
import addWgsl from './add.wgsl';
import fillWgsl from './fill.wgsl';
import scaleWgsl from './scale.wgsl';
import scaleByWgsl from './scale-by.wgsl';

export interface ElementwiseDims {
  /** Elements. */
  readonly size: number;
}

const select = ({ size }: ElementwiseDims) => ({ WG_SIZE: 64, Elem: elemType(vectorWidth(size)) });

const grid = ({ size }: ElementwiseDims, { WG_SIZE }: { WG_SIZE: number }) =>
  threadGrid(elems(size), WG_SIZE);

/** Number of Elems in `size` elements. */
export const elems = (size: number): number => size / vectorWidth(size);

export const addKernel = defineKernel({
  name: 'add',
  source: addWgsl,
  bindings: ['a:read', 'b:read', 'y:write'],
  params: ['size:u32'],
  select,
  grid,
  bytes: ({ size }) => 12 * size,
});

export const scaleKernel = defineKernel({
  name: 'scale',
  source: scaleWgsl,
  bindings: ['x:read', 'y:write'],
  params: ['size:u32', 'factor:f32'],
  select,
  grid,
  bytes: ({ size }) => 8 * size,
});

export const scaleByKernel = defineKernel({
  name: 'scale-by',
  source: scaleByWgsl,
  bindings: ['x:read', 'factor:read', 'y:write'],
  params: ['size:u32'],
  select,
  grid,
  bytes: ({ size }) => 8 * size,
});

export const accumulateKernel = defineKernel({
  name: 'accumulate-scaled',
  source: accumulateWgsl,
  bindings: ['y:read_write', 'x:read'],
  params: ['size:u32', 'factor:f32'],
  select,
  grid,
  bytes: ({ size }) => 12 * size,
});

export const fillKernel = defineKernel({
  name: 'fill',
  source: fillWgsl,
  bindings: ['y:write'],
  params: ['size:u32', 'value:f32'],
  select,
  grid,
  bytes: ({ size }) => 4 * size,
});
