import { type Device, vjp } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import type { FloatType } from '../../lib/check.ts';
import { boundOf, storedAs } from '../../testing/half.ts';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import type { GateActivation } from '../output-gate/output-gate.kernel.ts';
import { type RmsNormCase, rmsNormCases } from './rms-norm.cases.ts';
import { rmsNormForwardTiled } from './rms-norm.kernel.ts';
import { gatedRmsNorm, rmsNorm } from './rms-norm.op.ts';
import {
  referenceGatedRmsNorm,
  referenceGatedRmsNormBackward,
  referenceRmsNorm,
  referenceRmsNormBackward,
} from './rms-norm.reference.ts';

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
    const dtypes = { x: 'f32', y: 'f32' } as const;
    const spec = rmsNormForwardTiled.select({ ...dims, dtypes }, undefined as never);
    expect(spec.WG_SIZE % spec.LANES).toBe(0);
    expect(rmsNormForwardTiled.workgroupBytes?.(spec)).toBeLessThanOrEqual(16384);
    const launch = { ...dims, rows: 2 ** 24, dtypes };
    expect(Math.max(...rmsNormForwardTiled.grid(launch, spec))).toBeLessThanOrEqual(65535);
  });
});

/** One case against the reference, on poisoned memory. */
async function checkCase(
  device: Device,
  { dims, eps }: RmsNormCase,
  { dtype, out }: { dtype: FloatType; out?: FloatType },
) {
  const { rows, columns, weightRows } = dims;
  const x = storedAs(dtype, randomArray(42, rows * columns, { scale: 0.7, mean: 0.1 }));
  const weight = randomArray(43, weightRows * columns, { mean: 1, scale: 0.3 });
  const dy = storedAs(out ?? dtype, randomArray(44, rows * columns));
  const inputs = {
    x: { data: x, shape: [rows / weightRows, weightRows, columns], dtype },
    weight: { data: weight, shape: [weight.length] },
  };
  const actual = await underTwoFills(device, () =>
    runWithGrads(device, inputs, ({ x, weight }) => rmsNorm(x!, weight!, { eps, out }), dy),
  );
  const { dx, dweight } = referenceRmsNormBackward(dims, { x, weight, eps }, dy);
  const y = referenceRmsNorm(dims, { x, weight, eps });
  expectMatch('y', actual.y!, y, boundOf(out ?? dtype, 1e-6));
  expectMatch('dx', actual.dx!, dx, boundOf(dtype, 2e-6));
  expectMatch('dweight', actual.dweight!, dweight, 2e-6);
}

/** The same for a norm with an output gate behind it. */
async function checkGated(
  device: Device,
  { dims, eps }: RmsNormCase,
  {
    dtype,
    ofGate,
    activation,
  }: { dtype: FloatType; ofGate: FloatType; activation: GateActivation },
) {
  const { rows, columns, weightRows } = dims;
  const x = storedAs(dtype, randomArray(42, rows * columns, { scale: 0.7, mean: 0.1 }));
  const weight = randomArray(43, weightRows * columns, { mean: 1, scale: 0.3 });
  const gate = storedAs(ofGate, randomArray(45, rows * columns, { scale: 3 }));
  const dy = storedAs(dtype, randomArray(44, rows * columns));
  const inputs = {
    x: { data: x, shape: [rows / weightRows, weightRows, columns], dtype },
    weight: { data: weight, shape: [weight.length] },
    gate: { data: gate, shape: [rows / weightRows, weightRows * columns], dtype: ofGate },
  };
  const actual = await underTwoFills(device, () =>
    runWithGrads(
      device,
      inputs,
      ({ x, weight, gate }) => gatedRmsNorm(x!, weight!, gate!, { eps, activation }),
      dy,
    ),
  );
  const numbers = { x, weight, gate, eps, activation };
  const { dx, dweight, dgate } = referenceGatedRmsNormBackward(dims, numbers, dy);
  expectMatch('y', actual.y!, referenceGatedRmsNorm(dims, numbers), boundOf(dtype, 1e-6));
  expectMatch('dx', actual.dx!, dx, boundOf(dtype, 2e-6));
  expectMatch('dweight', actual.dweight!, dweight, 2e-6);
  expectMatch('dgate', actual.dgate!, dgate, boundOf(ofGate, 2e-6));
}

const ACTIVATIONS = ['sigmoid', 'silu'] as const;

gpuSuite(
  'gated-rms-norm',
  (device) => {
    test.each(
      rmsNormCases.flatMap((row) => ACTIVATIONS.map((activation) => ({ ...row, activation }))),
    )('$id $activation', ({ activation, ...row }) =>
      checkGated(device(), row, { dtype: 'f32', ofGate: 'f32', activation }),
    );

    test('gradients of the weight or the gate alone', async () => {
      const [x, weight, gate] = [randomArray(1, 24), randomArray(2, 8), randomArray(3, 24)];
      const dy = randomArray(4, 24);
      const settings = { eps: 1e-6, activation: 'silu' } as const;
      const gradient = (of: 'weight' | 'gate') =>
        device().scope(() => {
          const xs = device().tensor(x, [3, 8]);
          const params = {
            weight: device().tensor(weight, [8]),
            gate: device().tensor(gate, [3, 8]),
          };
          using pass = vjp(
            device(),
            (given) =>
              gatedRmsNorm(
                xs,
                { ...params, ...given }.weight,
                { ...params, ...given }.gate,
                settings,
              ),
            { [of]: params[of] } as Partial<typeof params> as typeof params,
          );
          return pass.pullback(device().tensor(dy, [3, 8]))[of];
        });
      const dims = { rows: 3, columns: 8, weightRows: 1 };
      const numbers = { x, weight, gate, ...settings };
      const expected = referenceGatedRmsNormBackward(dims, numbers, dy);
      for (const of of ['weight', 'gate'] as const) {
        using actual = gradient(of);
        expectMatch(of, (await actual.data()) as Float32Array, expected[`d${of}`], 2e-6);
      }
    });

    test('rejects another size and another activation', () => {
      const [x, weight] = [device().zeros([2, 8]), device().zeros([8])];
      const options = { eps: 1e-6, activation: 'silu' } as const;
      expect(() =>
        gatedRmsNorm(x, weight, device().zeros([8]), options),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: gatedRmsNorm: expected gate with the 16 elements of x [2, 8], got [8].]`,
      );
      expect(() =>
        gatedRmsNorm(x, weight, x, { eps: 1e-6, activation: 'relu' as 'silu' }),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ArgumentError: gatedRmsNorm: expected activation 'sigmoid' or 'silu', got 'relu'.]`,
      );
    });
  },
  ['tiled', 'scalar'],
);

gpuSuite(
  'gated-rms-norm of f16',
  (device) => {
    test.each(rmsNormCases)('$id', (row) =>
      checkGated(device(), row, { dtype: 'f16', ofGate: 'f16', activation: 'sigmoid' }),
    );

    test('a gate of f32', () =>
      checkGated(device(), rmsNormCases[4]!, { dtype: 'f16', ofGate: 'f32', activation: 'silu' }));
  },
  ['tiled', 'scalar'],
  { requires: { features: ['f16'] } },
);

gpuSuite(
  'rms-norm',
  (device) => {
    test.each(rmsNormCases)('$id', (row) => checkCase(device(), row, { dtype: 'f32' }));

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

gpuSuite(
  'rms-norm of f16',
  (device) => {
    test.each(rmsNormCases)('$id', (row) => checkCase(device(), row, { dtype: 'f16' }));

    test.each(rmsNormCases)('$id from f32 to f16', (row) =>
      checkCase(device(), row, { dtype: 'f32', out: 'f16' }),
    );

    test('f16 to f32, and the dtype of each result', async () => {
      await checkCase(device(), rmsNormCases[3]!, { dtype: 'f16', out: 'f32' });
      const weight = device().zeros([8]);
      for (const dtype of ['f32', 'f16'] as const) {
        const x = device().zeros([2, 8], { dtype });
        expect(rmsNorm(x, weight, { eps: 1e-6 }).dtype).toBe(dtype);
        expect(rmsNorm(x, weight, { eps: 1e-6, out: 'f16' }).dtype).toBe('f16');
      }
    });

    test('rejects a weight of f16 and other results', () => {
      const x = device().zeros([2, 8], { dtype: 'f16' });
      const eps = 1e-6;
      expect(() => rmsNorm(x, device().zeros([8], { dtype: 'f16' }), { eps })).toThrow(
        'rmsNorm: expected weight f32, got f16[8]. Cast it before the call.',
      );
      expect(() => rmsNorm(x, device().zeros([8]), { eps, out: 'i32' as 'f32' })).toThrow(
        "rmsNorm: expected out 'f32' or 'f16', got 'i32'.",
      );
    });
  },
  ['tiled', 'scalar'],
  { requires: { features: ['f16'] } },
);
