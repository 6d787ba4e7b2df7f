// AdamW against its f64 reference over several steps, against the same formula with its numbers in the uniform, and skipped.

import { type Device, disposeAll, type Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { defineKernel } from '../../define-kernel.ts';
import { referenceToHalf } from '../cast/cast.reference.ts';
import { stepNumbers } from '../step-control/index.ts';
import { type AdamwCase, adamwCases } from './adamw.cases.ts';
import { referenceAdamwStep } from './adamw.reference.ts';
import { type AdamwStep, adamwStep } from './adamw.ts';
import { toDecayBlocks } from './decay-blocks.ts';

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

test('blocks of 4,096 elements say what is decayed', () => {
  const placements = [
    { offset: 0, size: 4097, isDecayed: true },
    { offset: 8192, size: 1, isDecayed: false },
    { offset: 12_288, size: 4096, isDecayed: true },
  ];
  expect([...toDecayBlocks(placements, 16_385)]).toEqual([1, 1, 0, 1, 0]);
  expect(() => toDecayBlocks(placements, 16_383)).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: toDecayBlocks: expected parameters at multiples of 4096 within 16383 elements, got 4096 elements at 12288. Begin each at a block of its own.]`,
  );
  expect(() => toDecayBlocks([{ offset: 4, size: 4, isDecayed: true }], 8)).toThrow(
    /4 elements at 4/,
  );
});

/** The numbers of an update as a control tensor. */
function makeControl({ factor, settings }: AdamwCase, step: number, skip = 0): Float32Array {
  const numbers = stepNumbers({ ...settings, maxGradNorm: null, update: step, skipped: 0 });
  const [decay, stepSize, rootCorrection] = [numbers[0]!, numbers[1]!, numbers[5]!];
  return Float32Array.of(skip, factor, decay, stepSize, rootCorrection, 1, 1, 0);
}

type Update = (tensors: Pick<AdamwStep, 'param' | 'grad' | 'm' | 'v'>, step: number) => void;

/** Parameters and moments after all steps. */
async function runSteps(device: Device, size: number, update: Update) {
  const state = {
    param: device.tensor(randomArray(1, size), [size]),
    m: device.zeros([size]),
    v: device.zeros([size]),
  };
  for (const step of STEPS) {
    device.scope(() => {
      update({ ...state, grad: device.tensor(randomArray(1 + step, size), [size]) }, step);
    });
  }
  const read = async (tensor: Tensor) => (await tensor.data()) as Float32Array;
  const { param, m, v } = state;
  const result = { param: await read(param), m: await read(m), v: await read(v) };
  disposeAll([param, m, v]);
  return result;
}

interface CaseOptions {
  readonly isSkipped?: boolean;
  readonly half?: Tensor;
}

const runCase = (device: Device, row: AdamwCase, { isSkipped = false, half }: CaseOptions = {}) =>
  runSteps(device, row.size, (tensors, step) => {
    const decayBlocks = toDecayBlocks(row.placements, row.size);
    adamwStep({
      ...tensors,
      ...row.settings,
      half,
      control: device.tensor(makeControl(row, step, isSkipped ? 1 : 0), [8]),
      decayBlocks: device.tensor(decayBlocks, [decayBlocks.length]),
    });
  });

/** Each parameter of the slab by itself. */
function expectedOf({ size, factor, placements, settings }: AdamwCase) {
  const start = randomArray(1, size);
  const whole = {
    param: Float64Array.from(start),
    m: new Float64Array(size),
    v: new Float64Array(size),
  };
  for (const step of STEPS) {
    const grad = randomArray(1 + step, size);
    for (const { offset, size, isDecayed } of placements) {
      const [param, m, v] = [whole.param, whole.m, whole.v].map((array) =>
        array.subarray(offset, offset + size),
      ) as [Float64Array, Float64Array, Float64Array];
      const weightDecay = isDecayed ? settings.weightDecay : 0;
      const part = grad.subarray(offset, offset + size);
      referenceAdamwStep({ param, m, v }, part, { ...settings, weightDecay, step }, factor);
    }
  }
  return whole;
}

/** Without control and blocks: one parameter, whose numbers are in the uniform. */
const plainAdamw = defineKernel({
  name: 'plain-adamw',
  source: `
struct Params { size: u32, factor: f32, decay: f32, step_size: f32, root_correction: f32, eps: f32, one_minus_beta1: f32, beta2: f32, one_minus_beta2: f32 }
@group(0) @binding(0) var<storage, read_write> param: array<f32>;
@group(0) @binding(1) var<storage, read_write> m: array<f32>;
@group(0) @binding(2) var<storage, read_write> v: array<f32>;
@group(0) @binding(3) var<storage, read> grad: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let index = id.x;
  if (index >= params.size) { return; }
  var g = grad[index];
  if (params.factor != 1.0) { g *= params.factor; }
  let p_m = m[index] + (g - m[index]) * params.one_minus_beta1;
  let p_v = v[index] * params.beta2 + g * g * params.one_minus_beta2;
  m[index] = p_m;
  v[index] = p_v;
  let step = params.step_size * p_m / (sqrt(p_v) * params.root_correction + params.eps);
  param[index] = param[index] * params.decay - step;
}`,
  bindings: ['param:read_write', 'm:read_write', 'v:read_write', 'grad:read'],
  select: (_dims: Record<string, number>) => ({}),
  grid: ({ size = 1 }) => [Math.ceil(size / 64), 1, 1],
});

const runPlain = (device: Device, { size, factor, settings, placements }: AdamwCase) =>
  runSteps(device, size, (tensors, step) => {
    const { learningRate, weightDecay, beta1, beta2, epsilon: eps } = settings;
    const dims = {
      ...{ size, factor, eps, oneMinusBeta1: 1 - beta1, beta2, oneMinusBeta2: 1 - beta2 },
      decay: 1 - learningRate * (placements[0]?.isDecayed ? weightDecay : 0),
      stepSize: learningRate / (1 - beta1 ** step),
      rootCorrection: 1 / Math.sqrt(1 - beta2 ** step),
    };
    plainAdamw.run(device, { dims, tensors });
  });

gpuSuite('adamwStep', (device) => {
  test.each(adamwCases)('$id', async (row) => {
    const actual = await underTwoFills(device(), () => runCase(device(), row));
    const expected = expectedOf(row);
    for (const { offset, size } of row.placements) {
      for (const name of ['param', 'm', 'v'] as const) {
        const [of, by] = [actual, expected].map((arrays) =>
          arrays[name].subarray(offset, offset + size),
        ) as [Float32Array, Float64Array];
        expectMatch(`${name} at ${offset}`, of, by, 1e-6);
      }
    }
  });

  test.each(adamwCases.filter(({ placements }) => placements.length === 1))(
    '$id: the bits of the formula with its numbers in the uniform',
    async (row) => {
      expect(await runCase(device(), row)).toEqual(await runPlain(device(), row));
    },
  );

  test('what is zero between parameters stays zero', async () => {
    const [size, zeros] = [8192, new Float32Array(8192)];
    const [param, grad, m, v] = Array.from({ length: 4 }, () => device().tensor(zeros, [size])) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const control = device().tensor(makeControl(adamwCases[0]!, 1), [8]);
    const decayBlocks = device().tensor(Uint32Array.of(1, 0), [2]);
    adamwStep({ param, grad, m, v, control, decayBlocks, ...adamwCases[0]!.settings });
    for (const tensor of [param, m, v]) expect(await tensor.data()).toEqual(zeros);
    disposeAll([param, grad, m, v, control, decayBlocks]);
  });

  test('a skip changes nothing', async () => {
    for (const row of adamwCases.slice(0, 3)) {
      const { param, m, v } = await runCase(device(), row, { isSkipped: true });
      expect(param).toEqual(randomArray(1, row.size));
      for (const moment of [m, v]) expect(moment).toEqual(new Float32Array(row.size));
    }
  });

  test('rejects tensors and numbers that do not fit', () => {
    const [param, grad, m, v] = [4, 4, 4, 4].map((size) => device().zeros([size]));
    const good = {
      param,
      grad,
      m,
      v,
      control: device().zeros([8]),
      decayBlocks: device().zeros([1], { dtype: 'u32' }),
      beta1: 0.9,
      beta2: 0.95,
      epsilon: 1e-8,
    } as AdamwStep;
    expect(() => adamwStep({ ...good, m: device().zeros([3]) })).toThrow(
      /expected m of 4 elements, as many as in param/,
    );
    expect(() =>
      adamwStep({ ...good, control: device().zeros([1]) }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: adamwStep: expected control of 8 elements, as stepControl returns them, got [1].]`,
    );
    expect(() =>
      adamwStep({ ...good, decayBlocks: device().zeros([2], { dtype: 'u32' }) }),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: adamwStep: expected decayBlocks of 1 elements, one for 4096 elements of param, got [2].]`,
    );
    expect(() => adamwStep({ ...good, decayBlocks: device().zeros([1]) })).toThrow(/u32, got f32/);
    expect(() => adamwStep({ ...good, beta1: 1 })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: adamwStep: expected beta1 in [0, 1), got 1.]`,
    );
    expect(() => adamwStep({ ...good, epsilon: Number.NaN })).toThrow(/epsilon/);
  });
});

gpuSuite(
  'adamwStep with an f16 copy',
  (device) => {
    test.each(adamwCases.slice(0, 3))('$id: the new parameters, rounded', async (row) => {
      using half = device().zeros([row.size], { dtype: 'f16' });
      const { param } = await runCase(device(), row, { half });
      expect([...(await half.data())]).toEqual([...param].map(referenceToHalf));
    });

    test('a skip leaves it as it is', async () => {
      const row = adamwCases[0]!;
      using half = device().tensor(new Float32Array(row.size).fill(7), [row.size], {
        dtype: 'f16',
      });
      await runCase(device(), row, { isSkipped: true, half });
      expect(await half.data()).toEqual(new Float32Array(row.size).fill(7));
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
