// The SwiGLU feed-forward layer.

import type { Tensor } from '@vulpes/tensor-core';
import { linear, swiglu } from '@vulpes/wgsl-kernels';
import type { ParamReader } from '../parameters/params.ts';

/** W_down (silu(a) * b), [a, b] = W_gate x. x [B, T, h] -> [B, T, h] */
export const mlp = (x: Tensor, param: ParamReader): Tensor =>
  linear(swiglu(linear(x, param('gate_proj.weight'))), param('down_proj.weight'));
