import { type Device, disposeAll, type Tensor, vjp } from '@vulpes/tensor-core';
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
import { add } from '../elementwise/index.ts';
import { rmsNorm } from '../rms-norm/index.ts';
import { type AddRmsNormCase, addRmsNormCases } from './add-rms-norm.cases.ts';
import { addRmsNorm } from './add-rms-norm.op.ts';
import { referenceAddRmsNorm, referenceAddRmsNormBackward } from './add-rms-norm.reference.ts';

describe('add-rms-norm reference', () => {
  test('backward agrees with finite differences', () => {
    const dims = { rows: 4, columns: 5 };
    const gradients = { dSum: randomArray(1, 20), dNormed: randomArray(2, 20) };
    const dot = (y: Float64Array, dy: Float32Array) =>
      y.reduce((sum, value, i) => sum + value * dy[i]!, 0);
    const worst = gradcheck({
      inputs: {
        residual: Float64Array.from(randomArray(3, 20)),
        delta: Float64Array.from(randomArray(4, 20)),
        weight: Float64Array.from(randomArray(5, 5)),
      },
      forward: (inputs) => {
        const { sum, normed } = referenceAddRmsNorm(dims, { ...inputs, eps: 0.01 });
        return dot(sum, gradients.dSum) + dot(normed, gradients.dNormed);
      },
      backward: (inputs) => {
        const given = { ...inputs, eps: 0.01 };
        const { dx, dweight } = referenceAddRmsNormBackward(dims, given, gradients);
        return { residual: dx, delta: dx, weight: dweight };
      },
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

/** Of delta and of normed, and which outputs have a gradient. */
interface Options {
  readonly delta: FloatType;
  readonly out: FloatType;
  readonly seeds?: readonly ('sum' | 'normed')[];
}

type Forward = (
  inputs: Readonly<Record<'residual' | 'delta' | 'weight', Tensor>>,
  options: { eps: number; out: FloatType },
) => { sum: Tensor; normed: Tensor };

const fused: Forward = ({ residual, delta, weight }, options) =>
  addRmsNorm(residual, delta, weight, options);

const composed: Forward = ({ residual, delta, weight }, options) => {
  const sum = add(residual, delta);
  return { sum, normed: rmsNorm(sum, weight, options) };
};

function makeInputs({ rows, columns }: AddRmsNormCase['dims'], { delta, out }: Options) {
  const size = rows * columns;
  return {
    residual: randomArray(41, size, { scale: 0.7, mean: 0.1 }),
    delta: storedAs(delta, randomArray(42, size, { scale: 0.5 })),
    weight: randomArray(43, columns, { mean: 1, scale: 0.3 }),
    dSum: randomArray(44, size),
    dNormed: storedAs(out, randomArray(45, size)),
  };
}

/** Both outputs and all gradients. */
async function run(
  device: Device,
  { dims, eps }: AddRmsNormCase,
  options: Options,
  forward: Forward,
): Promise<Record<string, Float32Array>> {
  const { delta: dtype, out, seeds = ['sum', 'normed'] } = options;
  const data = makeInputs(dims, options);
  const shape = [dims.rows, dims.columns];
  const results: Record<string, Tensor> = device.scope(() => {
    const inputs = {
      residual: device.tensor(data.residual, shape),
      delta: device.tensor(data.delta, shape, { dtype }),
      weight: device.tensor(data.weight, [dims.columns]),
    };
    using call = vjp(device, (params) => forward(params, { eps, out }), inputs);
    const gradients = call.pullback({
      ...(seeds.includes('sum') && { sum: device.tensor(data.dSum, shape) }),
      ...(seeds.includes('normed') && {
        normed: device.tensor(data.dNormed, shape, { dtype: out }),
      }),
    });
    return { ...call.output, ...gradients };
  });
  const read = (await device.read(Object.values(results))) as Float32Array[];
  disposeAll(results);
  return Object.fromEntries(Object.keys(results).map((name, i) => [name, read[i]!]));
}

/** One case against the reference, on poisoned memory, and against add and rmsNorm. */
async function checkCase(device: Device, row: AddRmsNormCase, options: Options) {
  const { dims, eps } = row;
  const { seeds = ['sum', 'normed'], delta: ofDelta, out } = options;
  const actual = await underTwoFills(device, () => run(device, row, options, fused));
  const { dSum, dNormed, ...inputs } = makeInputs(dims, options);
  const given = { ...inputs, eps };
  const zeros = new Float32Array(dSum.length);
  const { sum, normed } = referenceAddRmsNorm(dims, given);
  const { dx, dweight } = referenceAddRmsNormBackward(dims, given, {
    dSum: seeds.includes('sum') ? dSum : zeros,
    dNormed: seeds.includes('normed') ? dNormed : zeros,
  });
  expectMatch('sum', actual.sum!, sum, 1e-7);
  expectMatch('normed', actual.normed!, normed, boundOf(out, 1e-6));
  expectMatch('dResidual', actual.residual!, dx, 2e-6);
  expectMatch('dDelta', actual.delta!, dx, boundOf(ofDelta, 2e-6));
  expectMatch('dWeight', actual.weight!, dweight, 2e-6);
  const expected = await run(device, row, options, composed);
  for (const name of Object.keys(expected)) {
    const isHalf = (name === 'normed' && out === 'f16') || (name === 'delta' && ofDelta === 'f16');
    const bound = boundOf(isHalf ? 'f16' : 'f32', 1e-6);
    expectMatch(`${name}, composed`, actual[name]!, expected[name]!, bound);
  }
}

gpuSuite(
  'add-rms-norm',
  (device) => {
    const f32 = { delta: 'f32', out: 'f32' } as const;
    test.each(addRmsNormCases)('$id', (row) => checkCase(device(), row, f32));

    test.each(['sum', 'normed'] as const)('a gradient of %s alone', (seed) =>
      checkCase(device(), addRmsNormCases[3]!, { ...f32, seeds: [seed] }),
    );

    test('rejects shapes and dtypes that do not fit', () => {
      const residual = device().zeros([2, 8]);
      const weight = device().zeros([8]);
      expect(() =>
        addRmsNorm(residual, device().zeros([2, 4]), weight, { eps: 1e-6 }),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: addRmsNorm: expected delta [2, 8], got [2, 4].]`,
      );
      expect(() =>
        addRmsNorm(residual, residual, device().zeros([4]), { eps: 1e-6 }),
      ).toThrowErrorMatchingInlineSnapshot(
        `[ShapeError: addRmsNorm: expected weight [8], got [4].]`,
      );
      const half = device().zeros([2, 8], { dtype: 'f16' });
      expect(() =>
        addRmsNorm(half, residual, weight, { eps: 1e-6 }),
      ).toThrowErrorMatchingInlineSnapshot(
        `[DTypeError: addRmsNorm: expected residual f32, got f16[2, 8]. Cast it before the call.]`,
      );
    });
  },
  ['tiled', 'scalar'],
);

gpuSuite(
  'add-rms-norm of f16',
  (device) => {
    const f16 = { delta: 'f16', out: 'f16' } as const;
    test.each(addRmsNormCases)('$id', (row) => checkCase(device(), row, f16));

    test.each(['sum', 'normed'] as const)('a gradient of %s alone', (seed) =>
      checkCase(device(), addRmsNormCases[3]!, { ...f16, seeds: [seed] }),
    );

    test('delta f32 with out f16, and the other way round', async () => {
      await checkCase(device(), addRmsNormCases[2]!, { delta: 'f32', out: 'f16' });
      await checkCase(device(), addRmsNormCases[2]!, { delta: 'f16', out: 'f32' });
    });
  },
  ['tiled', 'scalar'],
  { requires: { features: ['f16'] } },
);
