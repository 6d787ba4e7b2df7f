// Spec, params and grid of the elementwise kernels.

import type { DType } from '@vulpes/tensor-core';
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

/** Dtypes of tensors, f32 or f16, by their bindings. */
type DTypes<Name extends string> = { readonly dtypes: Readonly<Record<Name, DType>> };

const select = ({ size }: ElementwiseDims) => ({
  WG_SIZE: 64,
  Vector: vectorType(vectorWidth(size)),
});

const selectXY = (dims: ElementwiseDims & DTypes<'x' | 'y'>) => {
  const { size, dtypes } = dims;
  const width = vectorWidth(size);
  return { ...select(dims), X: vectorType(width, dtypes.x), Y: vectorType(width, dtypes.y) };
};

const grid = ({ size }: ElementwiseDims, { WG_SIZE }: { WG_SIZE: number }) =>
  threadGrid(vectors(size), WG_SIZE);

const params = ({ size }: ElementwiseDims) => ({ size: vectors(size) });

/** Number of vectors in `size` elements. */
const vectors = (size: number): number => size / vectorWidth(size);

type ScaleDims = ElementwiseDims & DTypes<'x' | 'y'> & { readonly factor: number };

export const addKernel = defineKernel({
  name: 'add',
  source: addWgsl,
  bindings: ['a:read', 'b:read', 'y:write'],
  params,
  select: (dims: ElementwiseDims & DTypes<'a' | 'b'>) => {
    const { size, dtypes } = dims;
    const width = vectorWidth(size);
    return { ...select(dims), A: vectorType(width, dtypes.a), B: vectorType(width, dtypes.b) };
  },
  grid: (dims, spec) => grid(dims, spec),
});

export const scaleKernel = defineKernel({
  name: 'scale',
  source: scaleWgsl,
  bindings: ['x:read', 'y:write'],
  params,
  select: (dims: ScaleDims) => selectXY(dims),
  grid: (dims, spec) => grid(dims, spec),
});

export const scaleByKernel = defineKernel({
  name: 'scale-by',
  source: scaleByWgsl,
  bindings: ['x:read', 'factor:read', 'y:write'],
  params,
  select: selectXY,
  grid: (dims, spec) => grid(dims, spec),
});

export const accumulateKernel = defineKernel({
  name: 'accumulate-scaled',
  source: accumulateWgsl,
  bindings: ['y:read_write', 'x:read'],
  params,
  select: (dims: ScaleDims) => selectXY(dims),
  grid: (dims, spec) => grid(dims, spec),
});

export const fillKernel = defineKernel({
  name: 'fill',
  source: fillWgsl,
  bindings: ['y:write'],
  params,
  select: (dims: ElementwiseDims & DTypes<'y'> & { readonly value: number }) => ({
    ...select(dims),
    Y: vectorType(vectorWidth(dims.size), dims.dtypes.y),
  }),
  grid: (dims, spec) => grid(dims, spec),
});
