// log(sigmoid(x)): the forget gate's logit becomes its logarithm. [FoX v2, forget gate]

import { defineOp, type ForwardContext, type Tensor } from '@vulpes/tensor-core';
import { assertFloat } from '../../lib/check.ts';
import { logSigmoidBackward, logSigmoidForward } from './log-sigmoid.kernel.ts';

const logSigmoidOp = defineOp({
  name: 'log-sigmoid',
  forward({ device, inputs: { x } }: ForwardContext<{ x: Tensor }>) {
    const y = device.empty(x.shape, { label: 'log-sigmoid' });
    const dims = { count: x.size, dtype: x.dtype };
    logSigmoidForward.run(device, { dims, tensors: { x, y } });
    return { output: y, saved: { x } };
  },
  backward({ device, dOutput: dy, saved: { x } }) {
    const { dtype } = x;
    const dx = device.empty(x.shape, { dtype, label: 'd log-sigmoid' });
    const dims = { count: x.size, dtype };
    logSigmoidBackward.run(device, { dims, tensors: { x, dy, dx } });
    return { x: dx };
  },
});

/**
 * log(sigmoid(x)), accurate to f32 rounding also where it is nearly 0; NaN stays NaN.
 * @param x - any shape, f32 or f16
 * @returns f32
 * @throws DTypeError
 */
export function logSigmoid(x: Tensor): Tensor {
  assertFloat('logSigmoid', 'x', x);
  return logSigmoidOp({ x });
}
