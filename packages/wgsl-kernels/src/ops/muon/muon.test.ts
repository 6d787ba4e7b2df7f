// Muon against its f64 reference over two steps, at odd shapes and places; skipped; and what Newton–Schulz does to singular values.

import { type Device, disposeAll, type Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { stepNumbers } from '../step-control/index.ts';
import { type MuonCase, muonCases } from './muon.cases.ts';
import { referenceMuonStep, referenceNewtonSchulz } from './muon.reference.ts';
import { type MuonStep, muonStep } from './muon.ts';
import { muonScale } from './newton-schulz.ts';

const STEPS = [1, 2];

describe('the reference', () => {
  test('takes the singular values of a diagonal matrix to those of the polynomial, by hand', () => {
    const values = [3, 1, 0.2];
    const norm = Math.hypot(...values);
    const expected = values.map((value) => {
      let x = value / norm;
      for (let step = 0; step < 5; step++) x = 3.4445 * x - 4.775 * x ** 3 + 2.0315 * x ** 5;
      return x;
    });
    const diagonal = [values[0]!, 0, 0, 0, 0, values[1]!, 0, 0, 0, 0, values[2]!, 0];
    const result = referenceNewtonSchulz(diagonal, 3, 4);
    expected.forEach((value, i) => {
      expect(result[i * 4 + i]).toBeCloseTo(value, 5);
      expect(value).toBeGreaterThan(0.6);
      expect(value).toBeLessThan(1.25);
    });
    expect(result[1]).toBeCloseTo(0, 12);
  });

  test('a tall matrix is the transpose of a wide one', () => {
    const [rows, cols] = [3, 5];
    const wide = randomArray(3, rows * cols);
    const tall = wide.map((_, i) => wide[(i % rows) * cols + Math.floor(i / rows)]!);
    const [of, by] = [
      referenceNewtonSchulz(tall, cols, rows),
      referenceNewtonSchulz(wide, rows, cols),
    ];
    of.forEach((value, i) => {
      expect(value).toBeCloseTo(by[(i % rows) * cols + Math.floor(i / rows)]!, 10);
    });
  });

  test('an update has an RMS of about 0.2 learning rates, whatever the shape and the gradient', () => {
    for (const [rows, cols] of [
      [24, 24],
      [16, 48],
      [60, 12],
    ] as const) {
      const size = rows * cols;
      const variables = { param: new Float64Array(size), m: new Float64Array(size) };
      const settings = { rows, cols, learningRate: 1, weightDecay: 0, momentum: 0.95 };
      referenceMuonStep(variables, randomArray(5, size, { scale: 37 }), settings);
      const square = variables.param.reduce((sum, value) => sum + value * value, 0);
      const rms = Math.sqrt(square / size);
      expect(rms).toBeGreaterThan(0.12);
      expect(rms).toBeLessThan(0.25);
    }
    expect(muonScale(100, 400)).toBe(4);
  });
});

/** Elements of the slab, with some behind the last matrix. */
const slabSize = ({ rows, cols, offsets }: MuonCase) =>
  4 * Math.ceil((Math.max(...offsets) + rows * cols + 3) / 4);

const makeControl = ({ factor, settings }: MuonCase, skip = 0) =>
  Float32Array.of(skip, factor, 1 - settings.learningRate * settings.weightDecay, 1, 1, 1, 1, 0);

interface Run {
  readonly skip?: number;
  readonly compute?: 'f32' | 'f16';
  readonly half?: Tensor;
}

/** Parameters and momentum after all steps. */
async function runCase(
  device: Device,
  row: MuonCase,
  { skip = 0, compute = 'f32', half }: Run = {},
) {
  const size = slabSize(row);
  const { rows, cols, settings } = row;
  const [param, m] = [device.tensor(randomArray(1, size), [size]), device.zeros([size])];
  for (const step of STEPS) {
    device.scope(() => {
      const numbers = stepNumbers({
        ...{ ...settings, beta1: 0.9, beta2: 0.95, maxGradNorm: null, update: step, skipped: 0 },
      });
      muonStep({
        ...{ param, m, half, compute, momentum: settings.momentum },
        grad: device.tensor(randomArray(1 + step, size), [size]),
        matrices: {
          ...{ rows, cols, isAligned: row.offsets.every((offset) => offset % 4 === 0) },
          offsets: device.tensor(Uint32Array.from(row.offsets), [row.offsets.length]),
        },
        control: device.tensor(makeControl(row, skip), [8]),
        numbers: device.tensor(numbers, [numbers.length]),
      });
    });
  }
  const result = {
    param: (await param.data()) as Float32Array,
    m: (await m.data()) as Float32Array,
  };
  disposeAll([param, m]);
  return result;
}

/** Each matrix by itself; what lies between them stays. */
function expectedOf(row: MuonCase) {
  const size = slabSize(row);
  const whole = { param: Float64Array.from(randomArray(1, size)), m: new Float64Array(size) };
  for (const step of STEPS) {
    const grad = randomArray(1 + step, size);
    for (const offset of row.offsets) {
      const end = offset + row.rows * row.cols;
      const variables = {
        param: whole.param.subarray(offset, end),
        m: whole.m.subarray(offset, end),
      };
      referenceMuonStep(
        variables,
        grad.subarray(offset, end),
        { ...row, ...row.settings },
        row.factor,
      );
    }
  }
  return whole;
}

gpuSuite('muonStep', (device) => {
  test.each(muonCases)('$id', async (row) => {
    const actual = await underTwoFills(device(), () => runCase(device(), row));
    const expected = expectedOf(row);
    expectMatch('m', actual.m, expected.m, 1e-6);
    // Five steps of a polynomial multiply rounding by up to 3.4^5 where a singular value is small.
    expectMatch('param', actual.param, expected.param, 2e-5);
    const change = (param: ArrayLike<number>) =>
      Array.from(param, (value, i) => value - randomArray(1, slabSize(row))[i]!);
    expectMatch('change', change(actual.param), change(expected.param), 1e-3);
  });

  test('a skip changes nothing', async () => {
    for (const row of muonCases.slice(3, 6)) {
      const { param, m } = await runCase(device(), row, { skip: 1 });
      expect(param).toEqual(randomArray(1, slabSize(row)));
      expect(m).toEqual(new Float32Array(slabSize(row)));
    }
  });

  test('rejects tensors and numbers that do not fit', () => {
    const [param, grad, m] = [4, 4, 4].map((size) => device().zeros([size]));
    const offsets = device().zeros([1], { dtype: 'u32' });
    const good = {
      ...{ param, grad, m, momentum: 0.95, compute: 'f32' },
      matrices: { rows: 2, cols: 2, offsets, isAligned: true },
      control: device().zeros([8]),
      numbers: device().zeros([13]),
    } as MuonStep;
    expect(() => muonStep({ ...good, m: device().zeros([3]) })).toThrow(
      /expected m of 4 elements, as many as in param/,
    );
    expect(() =>
      muonStep({ ...good, numbers: device().zeros([12]) }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: muonStep: expected numbers of 13 elements, as stepNumbers returns them, got [12].]`,
    );
    expect(() => muonStep({ ...good, momentum: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: muonStep: expected momentum in [0, 1), got 1.]`,
    );
  });
});
