import { CounterRng } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { scanCases } from './cumulative-log-gate.cases.ts';
import { chunkCount, chunkLength } from './cumulative-log-gate.kernel.ts';
import {
  logLambdaValues,
  naiveCumulativeLogGate,
  naiveReverseCumsum,
} from './cumulative-log-gate.naive.ts';
import { cumulativeLogGate, reverseCumsum } from './cumulative-log-gate.ts';

/** mean · Exp(1): many near 0, a few far below. */
function randomGates(seed: number, length: number, mean: number): Float32Array<ArrayBuffer> {
  const rng = new CounterRng(seed);
  return Float32Array.from({ length }, () => mean * -Math.log(1 - rng.uniform()));
}

/** Largest |D_ij − exact| over pairs with |D| < 64 nats, at distances 1, 7, 49, … */
function worstDifference(actual: Float64Array, expected: Float64Array, seqLen: number): number {
  let worst = 0;
  for (let row = 0; row < actual.length; row += seqLen) {
    for (let distance = 1; distance < seqLen; distance *= 7) {
      for (let i = row + distance; i < row + seqLen; i++) {
        const exact = expected[i]! - expected[i - distance]!;
        const error = Math.abs(actual[i]! - actual[i - distance]! - exact);
        if (Math.abs(exact) < 64 && !(error <= worst)) worst = error;
      }
    }
  }
  return worst;
}

describe('scan chunks', () => {
  test.each([1, 15, 16, 17, 4096, 65536, 131072])('cover T = %i', (seqLen) => {
    const dims = { batch: 1, seqLen, numHeads: 1 };
    expect(chunkLength(dims) * chunkCount(dims)).toBeGreaterThanOrEqual(seqLen);
    expect(chunkLength(dims) * (chunkCount(dims) - 1)).toBeLessThan(seqLen);
  });
});

gpuSuite('cumulative-log-gate', (device) => {
  const scan = async (gates: Float32Array, shape: number[], seqStart?: readonly number[]) => {
    const { logLambda } = await underTwoFills(device(), async () => {
      const x = device().tensor(gates, shape);
      const start = seqStart && device().tensor(Int32Array.from(seqStart), [seqStart.length]);
      const y = cumulativeLogGate(x, { seqStart: start });
      const result = { logLambda: (await y.data()) as Int32Array };
      for (const tensor of [x, y, start]) tensor?.dispose();
      return result;
    });
    return logLambdaValues(logLambda);
  };

  test.each(scanCases)('$id', async ({ dims, meanLogFgate, seqStart }) => {
    const { batch, seqLen, numHeads } = dims;
    const gates = randomGates(42, batch * seqLen * numHeads, meanLogFgate);
    const actual = await scan(gates, [batch, seqLen, numHeads], seqStart);
    const expected = naiveCumulativeLogGate(dims, gates, seqStart);
    expect(worstDifference(actual, expected, seqLen)).toBeLessThanOrEqual(1e-8);
    expectMatch('logLambda', actual, expected, 1e-6);
  });

  test('differences stay exact after 100,000 nats', async () => {
    const dims = { batch: 1, seqLen: 65536, numHeads: 2 };
    const gates = randomGates(7, 65536 * 2, -1.6);
    // Head 1 forgets at once, then hardly at all: its differences are small where its sums are large.
    for (let t = 0; t < 65536; t++) gates[2 * t + 1] = t < 128 ? -900 : gates[2 * t + 1]! * 1e-4;
    const actual = await scan(gates, [1, 65536, 2]);
    const expected = naiveCumulativeLogGate(dims, gates);
    expect(expected[65535]).toBeLessThan(-100_000);
    expect(expected[131071]).toBeLessThan(-100_000);
    expect(worstDifference(actual, expected, 65536)).toBeLessThanOrEqual(1e-8);
  });

  test('clamps gates, and survives every gate at the clamp', async () => {
    const gates = new Float32Array(20_000).fill(-1e30);
    gates[3] = Number.NEGATIVE_INFINITY;
    const actual = await scan(gates, [1, 20_000, 1]);
    expect(actual[19_999]).toBe(-20_000_000);
  });

  test('a NaN gate makes what follows NaN, not what precedes it, and not padding', async () => {
    const gates = new Float32Array(200).fill(-0.5);
    gates[60] = Number.NaN;
    const poisoned = await scan(gates, [1, 200, 1]);
    expect(poisoned.findIndex(Number.isNaN)).toBe(60);
    expect(poisoned.subarray(60).every(Number.isNaN)).toBe(true);
    const padded = await scan(gates, [1, 200, 1], [61]);
    expect(padded[199]).toBe(-0.5 * 139);
  });

  test('rejects what it cannot scan', () => {
    const gates = device().zeros([2, 3, 4]);
    const seqStart = device().zeros([3], { dtype: 'i32' });
    expect(() => cumulativeLogGate(gates, { seqStart })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: cumulativeLogGate: expected seqStart [B] with B=2, got [3].]`,
    );
    const long = device().zeros([1, 131_073, 1]);
    expect(() => cumulativeLogGate(long)).toThrowErrorMatchingInlineSnapshot(
      `[UnsupportedError: cumulativeLogGate: expected T ≤ 131072, got 131073. Use a shorter context.]`,
    );
  });
});

gpuSuite('reverse-cumsum', (device) => {
  test.each(scanCases)('$id', async ({ dims }) => {
    const { batch, seqLen, numHeads } = dims;
    const x = randomArray(42, batch * numHeads * seqLen, { mean: 0.1 });
    const { y } = await underTwoFills(device(), async () => {
      const input = device().tensor(x, [batch, numHeads, seqLen]);
      return { y: await reverseCumsum(input).data() };
    });
    expectMatch('y', y, naiveReverseCumsum(dims, x), 1e-6);
  });
});
