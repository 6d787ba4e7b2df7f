import type { Device, DType, Tensor } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { boundOf, storedAs } from '../../testing/half.ts';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { referenceTokenVisibility } from '../token-visibility/token-visibility.reference.ts';
import { type TokenShiftCase, tokenShiftCases } from './token-shift.cases.ts';
import { tokenShift } from './token-shift.op.ts';
import { referenceTokenShift, referenceTokenShiftBackward } from './token-shift.reference.ts';

describe('token-shift reference', () => {
  test('backward agrees with finite differences', () => {
    const dims = { batch: 2, seqLen: 3, numHeads: 2, headDim: 2 };
    const g = randomArray(2, 24);
    const context = {
      visibility: referenceTokenVisibility(
        { batch: 2, length: 4 },
        { cuSeqlens: [0, 2, 4, 0, 1, 4] },
      ),
      previous: randomArray(5, 8),
      offset: 1,
    };
    const worst = gradcheck({
      inputs: {
        y: Float64Array.from(randomArray(1, 24)),
        shiftLogit: Float64Array.from(randomArray(3, 12)),
      },
      forward: (inputs) =>
        referenceTokenShift(dims, { ...inputs, ...context }).reduce(
          (sum, value, i) => sum + value * g[i]!,
          0,
        ),
      backward: (inputs) => {
        const { dy, dshiftLogit } = referenceTokenShiftBackward(dims, { ...inputs, ...context }, g);
        return { y: dy, shiftLogit: dshiftLogit };
      },
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

/** One case against the reference, on poisoned memory. */
async function checkCase(
  device: Device,
  { dims, limits, offset }: TokenShiftCase,
  [ofY, ofLogit]: [DType, DType],
) {
  const { batch, seqLen, numHeads, headDim } = dims;
  const shape = [batch, seqLen, numHeads, headDim];
  const rows = batch * seqLen * numHeads;
  const y = storedAs(ofY, randomArray(42, rows * headDim));
  const shiftLogit = storedAs(ofLogit, randomArray(43, rows, { scale: 2 }));
  const g = storedAs(ofY, randomArray(44, rows * headDim));
  const length = seqLen + (offset ?? 0);
  const visibility = limits && referenceTokenVisibility({ batch, length }, limits);
  const previous =
    offset === undefined ? undefined : storedAs(ofY, randomArray(45, batch * numHeads * headDim));
  const inputs = {
    y: { data: y, shape, dtype: ofY },
    shiftLogit: { data: shiftLogit, shape: [batch, seqLen, numHeads], dtype: ofLogit },
  };
  const forward = ({ y, shiftLogit }: Record<string, Tensor>) =>
    tokenShift(y!, shiftLogit!, {
      visibility: visibility && device.tensor(visibility, [batch, length, 2]),
      previous: previous && device.tensor(previous, [batch, 1, numHeads, headDim], { dtype: ofY }),
      offset,
    });
  const actual = await underTwoFills(device, async () => {
    const { y: shifted, ...gradients } = await runWithGrads(device, inputs, forward, g);
    return { shifted: shifted!, ...gradients } as Record<string, Float32Array>;
  });
  const reference = { y, shiftLogit, visibility, previous, offset };
  const { dy, dshiftLogit } = referenceTokenShiftBackward(dims, reference, g);
  const shifted = referenceTokenShift(dims, reference);
  expectMatch('shifted', actual.shifted!, shifted, boundOf(ofY, 1e-6));
  expectMatch('dy', actual.dy!, dy, boundOf(ofY, 1e-6));
  expectMatch('dshiftLogit', actual.dshiftLogit!, dshiftLogit, boundOf(ofLogit, 1e-6));
}

gpuSuite(
  'token-shift',
  (device) => {
    test.each(tokenShiftCases)('$id', (row) => checkCase(device(), row, ['f32', 'f32']));

    test('rejects a logit for other heads', () => {
      const y = device().zeros([1, 2, 4, 8]);
      const shiftLogit = device().zeros([1, 2, 3]);
      expect(() => tokenShift(y, shiftLogit)).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: tokenShift: expected shiftLogit [B, T, H] with B=1, T=2, H=4, got [1, 2, 3].]`,
      );
      const previous = device().zeros([1, 2, 4, 8]);
      expect(() =>
        tokenShift(y, device().zeros([1, 2, 4]), { previous }),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: tokenShift: expected previous [B, 1, H, D] with B=1, H=4, D=8, got [1, 2, 4, 8].]`,
      );
    });
  },
  ['tiled', 'scalar'],
);

gpuSuite(
  'token-shift of f16',
  (device) => {
    test.each(tokenShiftCases)('$id', (row) => checkCase(device(), row, ['f16', 'f32']));

    test.each(tokenShiftCases.slice(1, 4))('$id with logits of f16', (row) =>
      checkCase(device(), row, ['f16', 'f16']),
    );

    test('rejects a previous token of another dtype', () => {
      const y = device().zeros([1, 2, 4, 8], { dtype: 'f16' });
      const previous = device().zeros([1, 1, 4, 8]);
      expect(() => tokenShift(y, device().zeros([1, 2, 4]), { previous })).toThrow(
        'tokenShift: expected previous f16 as y is, got f32[1, 1, 4, 8]. Cast one of them before the call.',
      );
    });
  },
  ['tiled', 'scalar'],
  { requires: { features: ['f16'] } },
);
