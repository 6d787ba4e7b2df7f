// The SwiGLU feed-forward layer.

import type { Tensor } from '@vulpes/tensor-core';
import { linear, swiglu } from '@vulpes/wgsl-kernels';
import type { ParamReader } from '../parameters/params.ts';
import type { ForwardContext } from './context.ts';
import { addProjected } from './residual.ts';

/** residual + W_down (silu(a) * b), [a, b] = W_gate x. x [B, T, h], already normed; residual [B, T, h] -> [B, T, h] */
export const mlp = (
  { x, residual }: { readonly x: Tensor; readonly residual: Tensor },
  param: ParamReader,
  context: ForwardContext,
): Tensor =>
  addProjected(
    residual,
    swiglu(linear(x, param('gate_proj.weight'))),
    param('down_proj.weight'),
    context,
  );
