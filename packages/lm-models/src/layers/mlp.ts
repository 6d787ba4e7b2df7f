// The SwiGLU feed-forward layer.

import type { Tensor } from '@vulpes/tensor-core';
import { linear, swiglu } from '@vulpes/wgsl-kernels';
import type { ParamReader } from '../parameters/params.ts';
import type { HalfInputs } from './attention-layer.ts';
import type { ForwardContext } from './context.ts';
import { addProjected, type Stream, sumStream } from './residual.ts';

/** residual + W_down (silu(a) * b), [a, b] = W_gate x. x [B, T, h], already normed; residual [B, T, h] -> [B, T, h] */
export const mlp = (inputs: HalfInputs, param: ParamReader, context: ForwardContext): Tensor =>
  sumStream(mlpHalf(inputs, param, context));

/** The same, with a sum that is still to be made. */
export const mlpHalf = (
  { x, residual }: HalfInputs,
  param: ParamReader,
  context: ForwardContext,
): Stream =>
  addProjected(
    residual,
    swiglu(linear(x, param('gate_proj.weight'))),
    param('down_proj.weight'),
    context,
  );
