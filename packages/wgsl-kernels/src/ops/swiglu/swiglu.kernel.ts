// Spec, params and grid of the SwiGLU kernels.

import type { DType } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import sigmoidWgsl from '../../lib/sigmoid.wgsl';
import { threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import swigluBackwardWgsl from './swiglu-backward.wgsl';
import swigluForwardWgsl from './swiglu-forward.wgsl';

export interface SwigluDims {
  readonly rows: number;
  /** I, elements in a row of the output. */
  readonly inner: number;
}

interface SwigluLaunch extends SwigluDims {
  /** Of all tensors, f32 or f16. */
  readonly dtype: DType;
}

const select = ({ inner, dtype }: SwigluLaunch) => {
  const width = vectorWidth(inner);
  return { WG_SIZE: 64, Vector: vectorType(width), Stored: vectorType(width, dtype) };
};

const grid = ({ rows, inner }: SwigluLaunch, { WG_SIZE }: { WG_SIZE: number }) =>
  threadGrid((rows * inner) / vectorWidth(inner), WG_SIZE);

const params = ({ inner }: SwigluLaunch) => ({ columns: inner / vectorWidth(inner) });

export const swigluForward = defineKernel({
  name: 'swiglu-forward',
  source: swigluForwardWgsl,
  lib: [sigmoidWgsl],
  bindings: ['x:read', 'y:write'],
  params,
  select,
  grid,
});

export const swigluBackward = defineKernel({
  name: 'swiglu-backward',
  source: swigluBackwardWgsl,
  lib: [sigmoidWgsl],
  bindings: ['x:read', 'dy:read', 'dx:write'],
  params,
  select,
  grid,
});
