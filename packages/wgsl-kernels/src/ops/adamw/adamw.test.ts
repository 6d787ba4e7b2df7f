// AdamW against its f64 reference over several steps.

import { disposeAll } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { adamwCases } from './adamw.cases.ts';
import { referenceAdamwStep } from './adamw.reference.ts';
import { type AdamwStep, adamwStep } from './adamw.ts';

const STEPS = [1, 2, 3];

test('the first step of the f64 reference moves by the learning rate, decay apart', () => {
  // By hand: m / (1 - β₁) = g and v / (1 - β₂) = g², so the step is lr · sign(g) for small epsilon.
  const variables = {
    param: Float64Array.of(2, -3),
    m: new Float64Array(2),
    v: new Float64Array(2),
  };
  const settings = {
    learningRate: 0.1,
    weightDecay: 0.5,
    beta1: 0.9,
    beta2: 0.95,
    epsilon: 0,
    step: 1,
  };
  referenceAdamwStep(variables, [0.25, -7], settings);
  expect(variables.param[0]).toBeCloseTo(2 * 0.95 - 0.1, 12);
  expect(variables.param[1]).toBeCloseTo(-3 * 0.95 + 0.1, 12);
});

gpuSuite('adamwStep', (device) => {
  test.each(adamwCases)('$id', async ({ size, clip, settings }) => {
    const start = randomArray(1, size);
    const grads = STEPS.map((step) => randomArray(1 + step, size));
    const expected = {
      param: Float64Array.from(start),
      m: new Float64Array(size),
      v: new Float64Array(size),
    };
    for (const step of STEPS)
      referenceAdamwStep(expected, grads[step - 1]!, { ...settings, step }, clip ?? 1);
    const actual = await underTwoFills(device(), async () => {
      const [m, v] = [device().zeros([size]), device().zeros([size])];
      const param = device().tensor(start, [size]);
      const clipTensor = clip === null ? null : device().tensor([clip], [1]);
      for (const step of STEPS) {
        const grad = device().tensor(grads[step - 1]!, [size]);
        adamwStep({ param, grad, m, v, clip: clipTensor, ...settings, step });
        grad.dispose();
      }
      const result = {
        param: (await param.data()) as Float32Array,
        m: (await m.data()) as Float32Array,
        v: (await v.data()) as Float32Array,
      };
      disposeAll([param, m, v, clipTensor]);
      return result;
    });
    for (const name of ['param', 'm', 'v'] as const)
      expectMatch(name, actual[name], expected[name], 1e-6);
  });

  test('rejects shapes and settings that do not fit', () => {
    const [param, grad, m, v] = [4, 4, 4, 4].map((size) => device().zeros([size]));
    const good = {
      param,
      grad,
      m,
      v,
      clip: null,
      learningRate: 0.1,
      weightDecay: 0,
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
      step: 1,
    } as AdamwStep;
    expect(() => adamwStep({ ...good, m: device().zeros([3]) })).toThrow(
      /expected m \[4\] to match param/,
    );
    expect(() => adamwStep({ ...good, step: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: adamwStep: expected step an integer, 1 for the first update, got 0.]`,
    );
    expect(() => adamwStep({ ...good, learningRate: Number.NaN })).toThrow(/learningRate/);
    expect(() => adamwStep({ ...good, clip: device().zeros([2]) })).toThrow(/expected clip \[1\]/);
  });
});
