// Zero at the padded tokens on the left of each sequence.

import {
  assertShape,
  type Device,
  defineOp,
  formatShape,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import { vectorWidth } from '../../lib/vector.ts';
import { maskPaddingKernel } from './mask-padding.kernel.ts';

function masked(device: Device, x: Tensor, seq_start: Tensor): Tensor {
  const [batch, seqLen] = x.shape as [number, number];
  const columns = x.size / (batch * seqLen);
  const y = device.empty(x.shape, { label: 'mask-padding' });
  maskPaddingKernel.run(device, {
    dims: { batch, seqLen, columns },
    tensors: { x, seq_start, y },
    params: { tokens: batch * seqLen, seq_len: seqLen, columns: columns / vectorWidth(columns) },
  });
  return y;
}

const maskPaddingOp = defineOp<{ seqStart: Tensor }>({
  name: 'mask-padding',
  forward({ device, inputs, attrs: { seqStart } }) {
    return { outputs: [masked(device, inputs[0] as Tensor, seqStart)], saved: [seqStart] };
  },
  backward: ({ device, dOutputs, saved }) => [
    masked(device, dOutputs[0] as Tensor, saved[0] as Tensor),
  ],
});

/**
 * x, but 0 where t < seqStart[b].
 * @param x - [B, T, ...], f32
 * @param seqStart - i32 [B], tokens
 * @throws ShapeError DTypeError
 */
export function maskPadding(x: Tensor, seqStart: Tensor): Tensor {
  assertDType('maskPadding', 'x', x, 'f32');
  assertDType('maskPadding', 'seqStart', seqStart, 'i32');
  const [batch] = x.shape;
  if (batch === undefined || x.shape.length < 2) {
    throw new ShapeError(`maskPadding: expected x [B, T, ...], got ${formatShape(x.shape)}.`);
  }
  assertShape('maskPadding', 'seqStart', seqStart, ['B'], { B: batch });
  return maskPaddingOp([x], { seqStart })[0] as Tensor;
}
