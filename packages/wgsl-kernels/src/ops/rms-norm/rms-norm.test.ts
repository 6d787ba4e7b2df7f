import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { rmsNormCases } from './rms-norm.cases.ts';
import { rmsNormBackwardTiled, rmsNormForwardTiled } from './rms-norm.kernel.ts';
import { rmsNorm } from './rms-norm.op.ts';
import { referenceRmsNorm, referenceRmsNormBackward } from './rms-norm.reference.ts';

describe('rms-norm reference', () => {
  test('backward agrees with finite differences', () => {
    const dims = { rows: 6, columns: 5, weightRows: 3 };
    const dy = randomArray(2, 30);
    const worst = gradcheck({
      inputs: {
        x: Float64Array.from(randomArray(1, 30)),
        weight: Float64Array.from(randomArray(3, 15)),
      },
      forward: (inputs) =>
        referenceRmsNorm(dims, { ...inputs, eps: 0.01 }).reduce((sum, y, i) => sum + y * dy[i]!, 0),
      backward: (inputs) => {
        const { dx, dweight } = referenceRmsNormBackward(dims, { ...inputs, eps: 0.01 }, dy);
        return { x: dx, weight: dweight };
      },
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

describe('rms-norm kernels', () => {
  test.each(rmsNormCases)('spec of $id fits the portable limits', ({ dims }) => {
    for (const kernel of [rmsNormForwardTiled, rmsNormBackwardTiled]) {
      const spec = kernel.select(dims, undefined as never);
      expect(spec.WG_SIZE).toBeLessThanOrEqual(256);
      expect(spec.WG_SIZE % spec.LANES).toBe(0);
      expect(kernel.workgroupBytes?.(spec)).toBeLessThanOrEqual(16384);
      expect(Math.max(...kernel.grid({ ...dims, rows: 2 ** 24 }, spec))).toBeLessThanOrEqual(65535);
    }
  });
});

gpuSuite(
  'rms-norm',
  (device) => {
    test.each(rmsNormCases)('$id', async ({ dims, eps }) => {
      const { rows, columns, weightRows } = dims;
      const x = randomArray(42, rows * columns, { scale: 0.7, mean: 0.1 });
      const weight = randomArray(43, weightRows * columns, { mean: 1, scale: 0.3 });
      const dy = randomArray(44, rows * columns);
      const inputs = {
        x: { data: x, shape: [rows / weightRows, weightRows, columns] },
        weight: { data: weight, shape: [weight.length] },
      };
      const actual = await underTwoFills(device(), () =>
        runWithGrads(device(), inputs, ({ x, weight }) => rmsNorm(x!, weight!, { eps }), dy),
      );
      const { dx, dweight } = referenceRmsNormBackward(dims, { x, weight, eps }, dy);
      expectMatch('y', actual.y!, referenceRmsNorm(dims, { x, weight, eps }), 1e-6);
      expectMatch('dx', actual.dx!, dx, 2e-6);
      expectMatch('dweight', actual.dweight!, dweight, 2e-6);
    });

    test('zero rows stay finite', async () => {
      const y = rmsNorm(device().zeros([2, 8]), device().zeros([8]), { eps: 1e-6 });
      expect([...(await y.data())]).toEqual(Array(16).fill(0));
    });

    test('rejects a weight that fits neither rows nor heads', () => {
      const x = device().zeros([2, 3, 8]);
      const weight = device().zeros([12]);
      expect(() => rmsNorm(x, weight, { eps: 1e-6 })).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: rmsNorm: expected weight [D] or [G * D] for x [..., G, D] = [2, 3, 8], got [12]. Reshape x so that its last axis is what is normalised.]`,
      );
    });
  },
  ['tiled', 'scalar'],
);
