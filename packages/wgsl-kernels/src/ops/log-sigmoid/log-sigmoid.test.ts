import type { Device, DType } from '@vulpes/tensor-core';
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
import { logSigmoidCases } from './log-sigmoid.cases.ts';
import { logSigmoid } from './log-sigmoid.op.ts';
import { referenceLogSigmoid, referenceLogSigmoidBackward } from './log-sigmoid.reference.ts';

describe('log-sigmoid reference', () => {
  test('backward agrees with finite differences', () => {
    const dy = randomArray(2, 20);
    const worst = gradcheck({
      inputs: { x: Float64Array.from(randomArray(1, 20, { scale: 3 })) },
      forward: ({ x }) => referenceLogSigmoid(x).reduce((sum, y, i) => sum + y * dy[i]!, 0),
      backward: ({ x }) => ({ x: referenceLogSigmoidBackward(x, dy) }),
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

/** One case against the reference, on poisoned memory; y is f32. */
async function checkCase(device: Device, count: number, dtype: DType) {
  const x = storedAs(dtype, randomArray(42, count, { scale: 5 }));
  const dy = randomArray(43, count);
  const inputs = { x: { data: x, shape: [count], dtype } };
  const actual = await underTwoFills(device, () =>
    runWithGrads(device, inputs, ({ x }) => logSigmoid(x!), dy),
  );
  expectMatch('y', actual.y!, referenceLogSigmoid(x), 1e-6);
  expectMatch('dx', actual.dx!, referenceLogSigmoidBackward(x, dy), boundOf(dtype, 2e-6));
}

gpuSuite('log-sigmoid', (device) => {
  test.each(logSigmoidCases)('$id', ({ count }) => checkCase(device(), count, 'f32'));

  test('each value is right by itself, from the tiniest gate to the largest', async () => {
    const x = Float32Array.from({ length: 1601 }, (_, i) => -80 + 0.1 * i);
    const y = await logSigmoid(device().tensor(x, [x.length])).data();
    const expected = referenceLogSigmoid(x);
    // exp(-|x|) is as exact as |x| in f32 allows.
    const worst = Math.max(...y.map((value, i) => Math.abs(value / expected[i]! - 1)));
    expect(worst).toBeLessThan(1e-5);
  });

  test('extremes stay finite and NaN stays NaN', async () => {
    const x = device().tensor(Float32Array.of(-1e30, 1e30, Number.NaN, 0), [4]);
    const y = await logSigmoid(x).data();
    expect([...y].map(Number.isNaN)).toEqual([false, false, true, false]);
    expect(y[0]).toBe(Math.fround(-1e30));
    expect(Math.abs(y[1]!)).toBe(0);
  });
});

gpuSuite(
  'log-sigmoid of f16',
  (device) => {
    test.each(logSigmoidCases)('$id', ({ count }) => checkCase(device(), count, 'f16'));
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
