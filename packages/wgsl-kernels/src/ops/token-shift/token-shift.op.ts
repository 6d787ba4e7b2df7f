// The data-dependent token shift of keys and values. [FoX v2, data-dependent token shift]

import { assertShape, defineOp, type ForwardContext, type Tensor } from '@vulpes/tensor-core';
import { assertFloat, assertSameFloat, assertVisibility } from '../../lib/check.ts';
import {
  type TokenShiftDims,
  tokenShiftBackward,
  tokenShiftForward,
} from './token-shift.kernel.ts';

export interface TokenShiftOptions {
  /** i32 [B, N, 2], see `tokenVisibility`, made without a window: a token that sees nothing before itself is mixed with 0. */
  readonly visibility?: Tensor | undefined;
  /** [B, 1, H, D], y of the token before the first one, in its dtype; gets no gradient. Default 0. */
  readonly previous?: Tensor | undefined;
  /** Where the first token stands in the visibility; default 0. */
  readonly offset?: number | undefined;
}

interface Attrs {
  readonly dims: TokenShiftDims;
  readonly offset: number;
}

type Context = Pick<TokenShiftOptions, 'visibility' | 'previous'>;

interface TokenShiftInputs extends Context {
  readonly y: Tensor;
  readonly shift_logit: Tensor;
}

const toLaunch = (
  { dims, offset }: Attrs,
  { y, shift_logit, visibility, previous }: TokenShiftInputs,
) => ({
  ...dims,
  visibilityLen: visibility?.shape[1] ?? 0,
  offset,
  hasPrevious: Number(previous !== undefined),
  dtypes: { y: y.dtype, logit: shift_logit.dtype },
});

const tokenShiftOp = defineOp({
  name: 'token-shift',
  constants: ['visibility', 'previous'],
  forward({ device, inputs, attrs }: ForwardContext<TokenShiftInputs, Attrs>) {
    const { y, shift_logit } = inputs;
    const shifted = device.empty(y.shape, { dtype: y.dtype, label: 'token-shift' });
    const { visibility, previous } = inputs;
    tokenShiftForward.run(device, {
      dims: toLaunch(attrs, inputs),
      tensors: { y, shift_logit, shifted, visibility, previous },
    });
    return { output: shifted, saved: inputs };
  },
  backward({ device, dOutput: dshifted, saved, attrs }) {
    const { y, shift_logit, visibility, previous } = saved;
    const dims = toLaunch(attrs, saved);
    const { y: dtype, logit } = dims.dtypes;
    const dy = device.empty(y.shape, { dtype, label: 'd token-shift' });
    const label = 'd shift logit';
    const dshift_logit = device.empty(shift_logit.shape, { dtype: logit, label });
    tokenShiftBackward.choose(device.caps, dims).kernel.run(device, {
      dims,
      tensors: { y, shift_logit, dshifted, visibility, previous, dy, dshift_logit },
    });
    return { y: dy, shift_logit: dshift_logit };
  },
});

/**
 * α_t y_{t−1} + (1 − α_t) y_t with α = sigmoid(shiftLogit), one weight per head and token; y_{t−1} = 0 where a document begins.
 * @param y - [B, T, H, D], f32 or f16
 * @param shiftLogit - [B, T, H], f32 or f16
 * @returns [B, T, H, D], in the dtype of y
 * @throws ShapeError DTypeError ArgumentError
 */
export function tokenShift(y: Tensor, shiftLogit: Tensor, options: TokenShiftOptions = {}): Tensor {
  const { visibility, previous, offset = 0 } = options;
  assertFloat('tokenShift', 'y', y);
  assertFloat('tokenShift', 'shiftLogit', shiftLogit);
  const { B, T, H, D } = assertShape('tokenShift', 'y', y, ['B', 'T', 'H', 'D']);
  assertShape('tokenShift', 'shiftLogit', shiftLogit, ['B', 'T', 'H'], { B, T, H });
  assertVisibility('tokenShift', visibility, { batch: B, seqLen: T, offset });
  if (previous) {
    assertSameFloat('tokenShift', { y, previous });
    assertShape('tokenShift', 'previous', previous, ['B', 1, 'H', 'D'], { B, H, D });
  }
  const dims = { batch: B, seqLen: T, numHeads: H, headDim: D };
  return tokenShiftOp({ y, shift_logit: shiftLogit, visibility, previous }, { dims, offset });
}
