import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { tokenShiftCases } from './token-shift.cases.ts';
import { naiveTokenShift, naiveTokenShiftBackward } from './token-shift.naive.ts';
import { tokenShift } from './token-shift.op.ts';

describe('token-shift naive', () => {
  test('backward agrees with finite differences', () => {
    const dims = { batch: 2, seqLen: 3, numHeads: 2, headDim: 2 };
    const g = randomArray(2, 24);
    const worst = gradcheck({
      inputs: {
        y: Float64Array.from(randomArray(1, 24)),
        shiftLogit: Float64Array.from(randomArray(3, 12)),
      },
      forward: (inputs) =>
        naiveTokenShift(dims, inputs).reduce((sum, value, i) => sum + value * g[i]!, 0),
      backward: (inputs) => {
        const { dy, dshiftLogit } = naiveTokenShiftBackward(dims, inputs, g);
        return { y: dy, shiftLogit: dshiftLogit };
      },
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

gpuSuite(
  'token-shift',
  (device) => {
    test.each(tokenShiftCases)('$id', async ({ dims }) => {
      const { batch, seqLen, numHeads, headDim } = dims;
      const rows = batch * seqLen * numHeads;
      const y = randomArray(42, rows * headDim);
      const shiftLogit = randomArray(43, rows, { scale: 2 });
      const g = randomArray(44, rows * headDim);
      const inputs = {
        y: { data: y, shape: [batch, seqLen, numHeads, headDim] },
        shiftLogit: { data: shiftLogit, shape: [batch, seqLen, numHeads] },
      };
      const forward = ({ y, shiftLogit }: Record<string, Parameters<typeof tokenShift>[0]>) =>
        tokenShift(y!, shiftLogit!);
      const actual = await underTwoFills(device(), async () => {
        const { y: shifted, ...gradients } = await runWithGrads(device(), inputs, forward, g);
        return { shifted: shifted!, ...gradients } as Record<string, Float32Array>;
      });
      const expected = naiveTokenShiftBackward(dims, { y, shiftLogit }, g);
      expectMatch('shifted', actual.shifted!, naiveTokenShift(dims, { y, shiftLogit }), 1e-6);
      expectMatch('dy', actual.dy!, expected.dy, 1e-6);
      expectMatch('dshiftLogit', actual.dshiftLogit!, expected.dshiftLogit, 1e-6);
    });

    test('rejects a logit for other heads', () => {
      const y = device().zeros([1, 2, 4, 8]);
      const shiftLogit = device().zeros([1, 2, 3]);
      expect(() => tokenShift(y, shiftLogit)).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: tokenShift: expected shiftLogit [B, T, H] with B=1, T=2, H=4, got [1, 2, 3].]`,
      );
    });
  },
  ['gpu', 'software'],
);
