import type { Device, Tensor } from '@vulpes/tensor-core';
import { gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { assertStopRule } from '@vulpes/wgsl-kernels';
import { describe, expect, test } from 'vitest';
import {
  cumulativeGates,
  fromTwoPart,
  GATE_KINDS,
  type GateKind,
  toTwoPart,
} from '../find-index/log-gates.fixture.ts';
import { deviceVisibility } from '../visibility.fixture.ts';
import { type BlockBoundCase, blockBoundCases } from './block-bounds.cases.ts';
import { referenceBlockBounds } from './block-bounds.reference.ts';
import { certifiedStopRule } from './certified-stop-rule.ts';

/** Margin of S in nats: fixed, and per addition. */
const allowance = ({ blockN, keyLen }: BlockBoundCase) =>
  1e-4 + 2.5e-7 * (blockN + keyLen / blockN);

/** Edges by the GPU, with the visibility they were made with. */
async function run(
  device: Device,
  dims: BlockBoundCase,
  k: Float32Array<ArrayBuffer>,
  parts: Int32Array<ArrayBuffer>,
) {
  const { batch, numHeads, numKvHeads, keyLen, headDim } = dims;
  const blocks = { blockM: 64, blockN: dims.blockN };
  const tensors = device.scope(() => {
    const visibility = dims.visibility && deviceVisibility(device, batch, keyLen, dims.visibility);
    const { blockBounds } = certifiedStopRule(
      device.tensor(k, [batch, keyLen, numKvHeads, headDim]),
      device.tensor(parts, [batch, numHeads, keyLen, 2]),
      { logPruningTolerance: -10, blocks, visibility },
    );
    return { blockBounds, visibility };
  });
  const blockBounds = (await tensors.blockBounds.data()) as Float32Array;
  const visibility = (await tensors.visibility?.data()) as Int32Array | undefined;
  tensors.blockBounds.dispose();
  tensors.visibility?.dispose();
  return { blockBounds, visibility };
}

function expectJustAbove(actual: Float32Array, exact: Float64Array, dims: BlockBoundCase): void {
  expect(actual.length).toBe(exact.length);
  for (let at = 0; at < exact.length; at += 2) {
    const [sum, norm] = [exact[at]!, exact[at + 1]!];
    if (sum < -1e29) {
      expect([actual[at], actual[at + 1]]).toEqual([Math.fround(-1e30), 0]);
      continue;
    }
    expect(actual[at]!).toBeGreaterThanOrEqual(sum);
    expect(actual[at]!).toBeLessThan(sum + allowance(dims));
    expect(actual[at + 1]!).toBeGreaterThanOrEqual(norm);
    expect(actual[at + 1]!).toBeLessThan(norm * (1 + 3e-5));
  }
}

gpuSuite(
  'certifiedStopRule',
  (device) => {
    test.each(blockBoundCases)('is just above its f64 reference: $id', async (dims) => {
      const { batch, numHeads, numKvHeads, keyLen, headDim } = dims;
      const k = randomArray(1, batch * keyLen * numKvHeads * headDim, { scale: 3 });
      for (const [seed, kind] of (Object.keys(GATE_KINDS) as GateKind[]).entries()) {
        const parts = toTwoPart(cumulativeGates(kind, seed, batch * numHeads, keyLen));
        const { blockBounds, visibility } = await run(device(), dims, k, parts);
        const exact = referenceBlockBounds({ k, logLambda: fromTwoPart(parts), visibility }, dims);
        expectJustAbove(blockBounds, exact, dims);
      }
    });

    test('writes all it returns and nothing else', async () => {
      const dims = blockBoundCases[2]!;
      const k = randomArray(2, 2 * 111 * 2 * 16);
      const parts = toTwoPart(cumulativeGates('mixed', 1, 8, 111));
      await underTwoFills(device(), async () => ({
        blockBounds: (await run(device(), dims, k, parts)).blockBounds,
      }));
    });

    test('gates of 1 keep every key; a shut gate only the last one', async () => {
      const dims: BlockBoundCase = {
        ...blockBoundCases[2]!,
        batch: 1,
        numHeads: 1,
        numKvHeads: 1,
        keyLen: 48,
      };
      const k = new Float32Array(48 * 16).fill(0.25);
      const open = await run(device(), dims, k, new Int32Array(48 * 2));
      const shut = await run(device(), dims, k, toTwoPart(cumulativeGates('shut', 1, 1, 48)));
      for (let block = 0; block < 6; block++) {
        expect(open.blockBounds[2 * block]!).toBeCloseTo(Math.log(8 * (block + 1)), 3);
        expect(shut.blockBounds[2 * block]!).toBeCloseTo(0, 3);
        expect(open.blockBounds[2 * block + 1]!).toBeCloseTo(1, 4);
      }
    });

    test('keeps its precision after a million nats', async () => {
      const dims = blockBoundCases[1]!;
      const k = randomArray(3, 2 * 63 * 3 * 32);
      const far = toTwoPart(cumulativeGates('mixed', 7, 6, 63).map((value) => value - 1e6));
      const { blockBounds } = await run(device(), dims, k, far);
      expectJustAbove(
        blockBounds,
        referenceBlockBounds({ k, logLambda: fromTwoPart(far) }, dims),
        dims,
      );
    });

    test('NaN gates and norms beyond f32 let nothing be dropped', async () => {
      const dims = { ...blockBoundCases[0]!, keyLen: 24 };
      const parts = toTwoPart(new Float64Array(24).map((_, t) => -t));
      new Float32Array(parts.buffer)[2 * 12 + 1] = Number.NaN;
      const k = new Float32Array(24 * 16).fill(1e20);
      const { blockBounds } = await run(device(), dims, k, parts);
      // The rule asks whether norms + D + S − lse ≤ log ε: false for NaN and for +∞.
      expect(blockBounds[1]! <= 1e38).toBe(false);
      expect(blockBounds[2]! + blockBounds[3]! <= 1e38).toBe(false);
    });

    test('names what is wrong', () => {
      const [k, logLambda] = [
        device().zeros([1, 16, 2, 16]),
        device().zeros([1, 4, 16, 2], { dtype: 'i32' }),
      ];
      const blocks = { blockM: 8, blockN: 8 };
      type Change = {
        k?: Tensor;
        logLambda?: Tensor;
        visibility?: Tensor;
        tolerance?: number;
        blockN?: number;
      };
      const call = (change: Change) => () =>
        certifiedStopRule(change.k ?? k, change.logLambda ?? logLambda, {
          logPruningTolerance: change.tolerance ?? -10,
          blocks: { ...blocks, blockN: change.blockN ?? 8 },
          visibility: change.visibility,
        });
      expect(call({ k: device().zeros([1, 16, 3, 16]) })).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: certifiedStopRule: expected the 4 heads of logLambda to be a multiple of k's 3. Give logLambda of the query heads.]`,
      );
      expect(call({ k: device().zeros([1, 16, 2, 6]) })).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: certifiedStopRule: expected D to be a multiple of 4, got D=6. Pad the heads.]`,
      );
      expect(call({ k: device().zeros([1, 17, 2, 16]) })).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: certifiedStopRule: expected logLambda [B, H, N, 2] with B=1, N=17, got [1, 4, 16, 2].]`,
      );
      expect(call({ logLambda: device().zeros([1, 4, 16, 2]) })).toThrowErrorMatchingInlineSnapshot(
        `[DTypeError: certifiedStopRule: expected logLambda i32, got f32. Take it from cumulativeLogGate.]`,
      );
      expect(call({ visibility: device().zeros([1, 16, 2]) })).toThrowErrorMatchingInlineSnapshot(
        `[DTypeError: certifiedStopRule: expected visibility i32, got f32. Take it from tokenVisibility.]`,
      );
      expect(
        call({ visibility: device().zeros([2, 16, 2], { dtype: 'i32' }) }),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: certifiedStopRule: expected visibility [B, N, 2] with B=1, N=16, got [2, 16, 2].]`,
      );
      expect(call({ tolerance: 0 })).toThrowErrorMatchingInlineSnapshot(
        `[ArgumentError: certifiedStopRule: expected logPruningTolerance to be finite and below 0, got 0. It is log ε, −10 by default.]`,
      );
      expect(call({ blockN: 24 })).toThrowErrorMatchingInlineSnapshot(
        `[ArgumentError: certifiedStopRule: expected blockM and blockN to be powers of two in 8…128, got 8 and 24.]`,
      );
      const rule = call({})();
      expect(() =>
        assertStopRule('test', rule, { batch: 1, numHeads: 4, queryLen: 3, keyLen: 16 }),
      ).not.toThrow();
    });
  },
  ['tiled', 'scalar'],
);

describe('the reference', () => {
  test('worked by hand: gates of −ln 2, so that S = log(2 − 2^−j)', () => {
    const dims = { batch: 1, numHeads: 1, numKvHeads: 1, headDim: 1, keyLen: 12, blockN: 8 };
    const logLambda = Float64Array.from({ length: 12 }, (_, t) => -(t + 1) * Math.LN2);
    const k = Float64Array.from({ length: 12 }, (_, t) => (t === 3 ? -5 : t));
    const blockBounds = referenceBlockBounds({ k, logLambda }, dims);
    expect(blockBounds[0]).toBeCloseTo(Math.log(2 - 2 ** -7), 12);
    expect(blockBounds[2]).toBeCloseTo(Math.log(2 - 2 ** -11), 12);
    expect([blockBounds[1], blockBounds[3]]).toEqual([7, 11]);
    // Token 7 sees keys from 6 on, token 11 itself alone.
    const visibility = Int32Array.from({ length: 24 }, (_, at) =>
      at === 14 ? 6 : at === 22 ? 11 : 0,
    );
    const seen = referenceBlockBounds({ k, logLambda, visibility }, dims);
    expect(seen[0]).toBeCloseTo(Math.log(1.5), 12);
    expect(seen[2]).toBe(0);
  });
});
