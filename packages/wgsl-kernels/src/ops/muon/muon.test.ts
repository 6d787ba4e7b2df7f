// Muon against its f64 reference over two steps, at odd shapes and places; skipped; and what Newton–Schulz does to singular values.

import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { muonCases } from './muon.cases.ts';
import { referenceMuonStep, referenceNewtonSchulz } from './muon.reference.ts';
import { changeOf, expectedOf, runCase, slabSize } from './muon.suite.ts';
import { type MuonStep, muonStep } from './muon.ts';
import { muonScale } from './newton-schulz.ts';

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

gpuSuite('muonStep', (device) => {
  test.each(muonCases)('$id', async (row) => {
    const actual = await underTwoFills(device(), () => runCase(device(), row));
    const expected = expectedOf(row);
    expectMatch('m', actual.m, expected.m, 1e-6);
    // Five steps of a polynomial multiply rounding by up to 3.4^5 where a singular value is small.
    expectMatch('param', actual.param, expected.param, 2e-5);
    expectMatch('change', changeOf(row, actual.param), changeOf(row, expected.param), 1e-3);
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
