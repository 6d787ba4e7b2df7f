// Spec, params and grid of the elementwise kernels.

import { defineKernel } from '../../define-kernel.ts';
import { threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import accumulateWgsl from './accumulate.wgsl';
import addWgsl from './add.wgsl';
import fillWgsl from './fill.wgsl';
import scaleWgsl from './scale.wgsl';
import scaleByWgsl from './scale-by.wgsl';

export interface ElementwiseDims {
  /** Elements. */
  readonly size: number;
}

const select = ({ size }: ElementwiseDims) => ({
  WG_SIZE: 64,
  Vector: vectorType(vectorWidth(size)),
});

const grid = ({ size }: ElementwiseDims, { WG_SIZE }: { WG_SIZE: number }) =>
  threadGrid(vectors(size), WG_SIZE);

const params = ({ size }: ElementwiseDims) => ({ size: vectors(size) });

/** Number of vectors in `size` elements. */
const vectors = (size: number): number => size / vectorWidth(size);

export const addKernel = defineKernel({
  name: 'add',
  source: addWgsl,
  bindings: ['a:read', 'b:read', 'y:write'],
  params,
  select,
  grid,
});

export const scaleKernel = defineKernel({
  name: 'scale',
  source: scaleWgsl,
  bindings: ['x:read', 'y:write'],
  params,
  select: (dims: ElementwiseDims & { readonly factor: number }) => select(dims),
  grid: (dims, spec) => grid(dims, spec),
});

export const scaleByKernel = defineKernel({
  name: 'scale-by',
  source: scaleByWgsl,
  bindings: ['x:read', 'factor:read', 'y:write'],
  params,
  select,
  grid,
});

export const accumulateKernel = defineKernel({
  name: 'accumulate-scaled',
  source: accumulateWgsl,
  bindings: ['y:read_write', 'x:read'],
  params,
  select: (dims: ElementwiseDims & { readonly factor: number }) => select(dims),
  grid: (dims, spec) => grid(dims, spec),
});

export const fillKernel = defineKernel({
  name: 'fill',
  source: fillWgsl,
  bindings: ['y:write'],
  params,
  select: (dims: ElementwiseDims & { readonly value: number }) => select(dims),
  grid: (dims, spec) => grid(dims, spec),
});
