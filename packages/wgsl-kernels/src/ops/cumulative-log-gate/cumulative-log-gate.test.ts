import { CounterRng, disposeAll, type Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { referenceTokenVisibility } from '../token-visibility/token-visibility.reference.ts';
import { scanCases } from './cumulative-log-gate.cases.ts';
import type { ScanDims } from './cumulative-log-gate.kernel.ts';
import {
  logLambdaValues,
  referenceCumulativeLogGate,
  referenceReverseCumsum,
} from './cumulative-log-gate.reference.ts';
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

const VARIANTS = ['tiled', 'scalar'] as const;

gpuSuite(
  'cumulative-log-gate',
  (device) => {
    const scan = async (gates: Float32Array, shape: number[], visibility?: Int32Array) => {
      const { logLambda } = await underTwoFills(device(), async () => {
        const x = device().tensor(gates, shape);
        const limits =
          visibility &&
          device().tensor(visibility, [shape[0]!, visibility.length / 2 / shape[0]!, 2]);
        const y = cumulativeLogGate(x, { visibility: limits });
        const result = { logLambda: (await y.data()) as Int32Array };
        disposeAll([x, y, limits]);
        return result;
      });
      return logLambdaValues(logLambda);
    };

    test.each(scanCases)('$id', async ({ dims, meanLogFgate, limits }) => {
      const { batch, seqLen, numHeads } = dims;
      const gates = randomGates(42, batch * seqLen * numHeads, meanLogFgate);
      const visibility = limits && referenceTokenVisibility({ batch, length: seqLen }, limits);
      const actual = await scan(gates, [batch, seqLen, numHeads], visibility);
      const expected = referenceCumulativeLogGate(dims, gates, { visibility });
      expect(worstDifference(actual, expected, seqLen)).toBeLessThanOrEqual(1e-8);
      expectMatch('logLambda', actual, expected, 1e-6);
    });

    test('chunk after chunk gives what one scan gives', async () => {
      const [batch, length, numHeads] = [2, 130, 3];
      const limits = { cuSeqlens: [0, 20, 90, 130, 0, 64, 65, 110], seqStart: [5, 0] };
      const visibility = referenceTokenVisibility({ batch, length }, limits);
      const gates = randomGates(9, batch * length * numHeads, -0.7);
      const whole = referenceCumulativeLogGate({ batch, seqLen: length, numHeads }, gates, {
        visibility,
      });
      const visibilityTensor = device().tensor(visibility, [batch, length, 2]);
      let initial: Tensor | undefined;
      for (const [offset, end] of [
        [0, 1],
        [1, 18],
        [18, 83],
        [83, 84],
        [84, 130],
      ] as const) {
        const part = [0, 1].flatMap((b) => [
          ...gates.subarray((b * length + offset) * numHeads, (b * length + end) * numHeads),
        ]);
        const chunk = device().tensor(Float32Array.from(part), [batch, end - offset, numHeads]);
        const logLambda = (await cumulativeLogGate(chunk, {
          visibility: visibilityTensor,
          initial,
          offset,
        }).data()) as Int32Array;
        const rows = batch * numHeads;
        const last = Array.from({ length: rows }, (_, row) => [
          ...logLambda.subarray(
            2 * ((row + 1) * (end - offset) - 1),
            2 * (row + 1) * (end - offset),
          ),
        ]);
        initial = device().tensor(Int32Array.from(last.flat()), [batch, numHeads, 2]);
        const expected = Array.from({ length: rows }, (_, row) => [
          ...whole.subarray(row * length + offset, row * length + end),
        ]);
        expectMatch(`${offset} to ${end}`, logLambdaValues(logLambda), expected.flat(), 1e-9);
      }
    });

    test('differences stay exact after 100,000 nats', async () => {
      const dims = { batch: 1, seqLen: 65536, numHeads: 2 };
      const gates = randomGates(7, 65536 * 2, -1.6);
      // Head 1 forgets at once, then hardly at all: its differences are small where its sums are large.
      for (let t = 0; t < 65536; t++) gates[2 * t + 1] = t < 128 ? -900 : gates[2 * t + 1]! * 1e-4;
      const actual = await scan(gates, [1, 65536, 2]);
      const expected = referenceCumulativeLogGate(dims, gates);
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
      const padding = referenceTokenVisibility({ batch: 1, length: 200 }, { seqStart: [61] });
      const padded = await scan(gates, [1, 200, 1], padding);
      expect(padded[199]).toBe(-0.5 * 138);
      const resumed = cumulativeLogGate(device().tensor(gates.subarray(61), [1, 139, 1]), {
        initial: device().tensor(Int32Array.of(3, 0x7fc00000), [1, 1, 2]),
      });
      const values = logLambdaValues((await resumed.data()) as Int32Array);
      expect(values.every(Number.isNaN)).toBe(true);
    });

    test('rejects what it cannot scan', () => {
      const gates = device().zeros([2, 3, 4]);
      const ints = (...shape: number[]) => device().zeros(shape, { dtype: 'i32' });
      const visibility = ints(2, 4, 2);
      expect(() =>
        cumulativeLogGate(gates, { visibility, offset: 2 }),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: cumulativeLogGate: expected visibility of 5 tokens or more, got [2, 4, 2]. Make them for the whole sequence.]`,
      );
      expect(() =>
        cumulativeLogGate(gates, { initial: ints(2, 2) }),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: cumulativeLogGate: expected initial [B, H, 2] with B=2, H=4, got [2, 2].]`,
      );
      expect(() => cumulativeLogGate(gates, { offset: -1 })).toThrowErrorMatchingInlineSnapshot(
        `[ArgumentError: cumulativeLogGate: expected offset a whole number of tokens, got -1.]`,
      );
      const long = device().zeros([1, 131_073, 1]);
      expect(() => cumulativeLogGate(long)).toThrowErrorMatchingInlineSnapshot(
        `[UnsupportedError: cumulativeLogGate: expected T ≤ 131072, got 131073. Use a shorter context.]`,
      );
    });
  },
  VARIANTS,
);

gpuSuite(
  'reverse-cumsum',
  (device) => {
    const reverse = async (
      { batch, seqLen, numHeads }: ScanDims,
      x: Float32Array<ArrayBuffer>,
      attention?: { readonly queryLen: number; readonly visibility?: Int32Array | undefined },
    ) => {
      const { y } = await underTwoFills(device(), async () => {
        const input = device().tensor(x, [batch, numHeads, seqLen]);
        const given = attention?.visibility;
        const visibility = given ? device().tensor(given, [batch, seqLen, 2]) : null;
        const options = attention ? { attention: { ...attention, visibility } } : {};
        return { y: await reverseCumsum(input, options).data() };
      });
      return y;
    };

    test.each(scanCases)('$id', async ({ dims, limits }) => {
      const { batch, seqLen, numHeads } = dims;
      const x = randomArray(42, batch * numHeads * seqLen, { mean: 0.1 });
      expectMatch('y', await reverse(dims, x), referenceReverseCumsum(dims, x), 1e-6);
      const visibility = limits && referenceTokenVisibility({ batch, length: seqLen }, limits);
      const attention = { queryLen: Math.ceil(seqLen / 2), visibility };
      const y = await reverse(dims, x, attention);
      expectMatch('y of gates', y, referenceReverseCumsum(dims, x, attention), 1e-6);
    });

    test('rejects a visibility of other tokens', () => {
      const visibility = device().zeros([2, 4, 2], { dtype: 'i32' });
      expect(() =>
        reverseCumsum(device().zeros([2, 1, 3]), { attention: { queryLen: 3, visibility } }),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: reverseCumsum: expected visibility [B, T, 2] with B=2, T=3, got [2, 4, 2].]`,
      );
    });
  },
  VARIANTS,
);
