// The data-dependent token shift of keys and values. [FoX v2, data-dependent token shift]

import { assertShape, defineOp, type Tensor } from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import {
  type TokenShiftDims,
  tokenShiftBackwardLanes,
  tokenShiftBackwardThread,
  tokenShiftForward,
  tokenShiftParams,
} from './token-shift.kernel.ts';

const tokenShiftOp = defineOp<TokenShiftDims>({
  name: 'token-shift',
  forward({ device, inputs, attrs: dims }) {
    const [y, shift_logit] = inputs as [Tensor, Tensor];
    const shifted = device.empty(y.shape, { label: 'token-shift' });
    const params = tokenShiftParams(dims);
    tokenShiftForward.run(device, { dims, tensors: { y, shift_logit, shifted }, params });
    return { outputs: [shifted], saved: [y, shift_logit] };
  },
  backward({ device, dOutputs, saved, attrs: dims }) {
    const [y, shift_logit, dshifted] = [...saved, dOutputs[0]] as [Tensor, Tensor, Tensor];
    const dy = device.empty(y.shape, { label: 'd token-shift' });
    const dshift_logit = device.empty(shift_logit.shape, { label: 'd shift logit' });
    const kernel =
      device.caps.kernels === 'gpu' ? tokenShiftBackwardLanes : tokenShiftBackwardThread;
    kernel.run(device, {
      dims,
      tensors: { y, shift_logit, dshifted, dy, dshift_logit },
      params: tokenShiftParams(dims),
    });
    return [dy, dshift_logit];
  },
});

/**
 * α_t y_{t−1} + (1 − α_t) y_t with α = sigmoid(shiftLogit), y_{−1} = 0: one weight per head and token.
 * @param y - [B, T, H, D], f32
 * @param shiftLogit - [B, T, H], f32
 * @returns [B, T, H, D]
 * @throws ShapeError DTypeError
 */
export function tokenShift(y: Tensor, shiftLogit: Tensor): Tensor {
  assertDType('tokenShift', 'y', y, 'f32');
  assertDType('tokenShift', 'shiftLogit', shiftLogit, 'f32');
  const { B, T, H, D } = assertShape('tokenShift', 'y', y, ['B', 'T', 'H', 'D']);
  assertShape('tokenShift', 'shiftLogit', shiftLogit, ['B', 'T', 'H'], { B, T, H });
  const dims = { batch: B, seqLen: T, numHeads: H, headDim: D };
  return tokenShiftOp([y, shiftLogit], dims)[0] as Tensor;
}
