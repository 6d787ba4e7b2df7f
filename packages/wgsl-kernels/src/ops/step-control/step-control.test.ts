// The step control against its reference: single steps, and sequences with random skips.

import { CounterRng, type Device, disposeAll, type Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { globalNorm } from '../global-norm/index.ts';
import { stepControlCases } from './step-control.cases.ts';
import { referenceStepControl } from './step-control.reference.ts';
import { STEP_CONTROL, stepControl } from './step-control.ts';
import { initialStepState, type StepSettings, stepNumbers } from './step-numbers.ts';

const settings: StepSettings = {
  learningRate: 2e-3,
  weightDecay: 0.1,
  beta1: 0.9,
  beta2: 0.95,
  maxGradNorm: 1,
  update: 10,
  skipped: 0,
};

const read = async (tensor: Tensor) => (await tensor.data()) as Float32Array;

async function runStep(
  device: Device,
  norm: number,
  numbers: Float32Array,
  before: ArrayLike<number>,
) {
  const tensors = {
    norm: device.tensor([norm], [1]),
    numbers: device.tensor(numbers, [13]),
    state: device.tensor(Float32Array.from(before), [4]),
  };
  const control = stepControl(tensors);
  const result = { control: await read(control), state: await read(tensors.state) };
  disposeAll([...Object.values(tensors), control]);
  return result;
}

/** Equal bits, but for two roundings of norm and factor, and the bits of NaN. */
function expectControl(actual: Float32Array, expected: readonly number[]): void {
  const rounded = Float32Array.from(expected);
  for (const [name, index] of Object.entries(STEP_CONTROL)) {
    const isRounded = (name === 'factor' || name === 'gradNorm') && Number.isFinite(rounded[index]);
    if (isRounded) expectMatch(name, [actual[index]!], [expected[index]!], 3e-7);
    else expect(actual[index], name).toBe(rounded[index]);
  }
}

describe('stepNumbers', () => {
  test('counts the updates that were made, and those that the host may not have heard of', () => {
    // By hand: 10 attempts, 2 of them skipped: the 8th, 7th, 6th, 5th update.
    const made = [8, 7, 6, 5];
    expect(stepNumbers({ ...settings, skipped: 2, growthInterval: 2000 })).toEqual(
      Float32Array.of(
        1 - 2e-3 * 0.1,
        ...made.map((count) => 2e-3 / (1 - 0.9 ** count)),
        ...made.map((count) => 1 / Math.sqrt(1 - 0.95 ** count)),
        ...[1, 2000, 2, 2e-3],
      ),
    );
  });

  test('there is no update before the first, and null never clips', () => {
    const numbers = stepNumbers({ ...settings, update: 2, maxGradNorm: null });
    expect([...numbers.slice(2, 5)]).toEqual(Array(3).fill(Math.fround(2e-3 / (1 - 0.9))));
    expect([...numbers.slice(9, 12)]).toEqual([0, 0, 0]);
  });

  test.each<[keyof StepSettings, number]>([
    ['learningRate', Number.NaN],
    ['weightDecay', -1],
    ['beta1', 1],
    ['beta2', -0.1],
    ['maxGradNorm', 0],
    ['maxGradNorm', Number.POSITIVE_INFINITY],
    ['update', 0],
    ['update', 1.5],
    ['skipped', 10],
    ['growthInterval', 0.5],
  ])('rejects %s %d', (name, value) => {
    expect(() => stepNumbers({ ...settings, [name]: value })).toThrow(
      `stepNumbers: expected ${name} `,
    );
  });

  test('says what was expected', () => {
    expect(() => stepNumbers({ ...settings, skipped: 10 })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: stepNumbers: expected skipped an integer from 0 to 9, the updates before this one, got 10.]`,
    );
    expect(() => stepNumbers({ ...settings, maxGradNorm: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: stepNumbers: expected maxGradNorm above 0, or null to never clip, got 0.]`,
    );
  });
});

test('a loss scale is a power of two within bounds', () => {
  expect([...initialStepState()]).toEqual([1, 0, 0, 0]);
  expect([...initialStepState({ lossScale: 2 ** 24 })]).toEqual([2 ** 24, 0, 0, 0]);
  for (const lossScale of [0, 0.5, 3, 2 ** 25, Number.NaN])
    expect(() => initialStepState({ lossScale })).toThrow(/a power of two from 1 to 2\^24, got/);
});

gpuSuite('stepControl', (device) => {
  test.each(stepControlCases)('$id', async ({ norm, state = [1, 0, 0], settings: changes }) => {
    const numbers = stepNumbers({ ...settings, ...changes });
    const before = [...state, 0];
    const expected = referenceStepControl(Math.fround(norm), numbers, before);
    const actual = await underTwoFills(device(), () => runStep(device(), norm, numbers, before));
    expectControl(actual.control, expected.control);
    expect([...actual.state]).toEqual(expected.state);
  });

  // The host hears of a skip up to four steps late: one more than the numbers hold.
  test.each([0, 1, 2, 3, 4])('50 steps with random skips, heard of %i steps late', async (late) => {
    const rng = new CounterRng(7 + late);
    let state: ArrayLike<number> = initialStepState({ lossScale: 8 });
    const skips = [0];
    const stateTensor = device().tensor(Float32Array.from(state), [4]);
    for (let update = 1; update <= 50; update++) {
      const skipped = skips[Math.max(0, update - 1 - late)]!;
      const numbers = stepNumbers({ ...settings, update, skipped, growthInterval: 3 });
      const norm = rng.uniform() < 0.3 ? Number.NaN : Math.fround(20 * rng.uniform());
      const tensors = {
        norm: device().tensor([norm], [1]),
        numbers: device().tensor(numbers, [13]),
      };
      const control = stepControl({ ...tensors, state: stateTensor });
      const expected = referenceStepControl(norm, numbers, state);
      expectControl(await read(control), expected.control);
      expect([...(await read(stateTensor))], `state after ${update}`).toEqual(expected.state);
      disposeAll([...Object.values(tensors), control]);
      ({ state } = expected);
      skips.push(expected.state[2]!);
    }
    stateTensor.dispose();
    expect(skips.at(-1)).toBeGreaterThan(8);
  });

  test('a NaN or an overflow among the gradients skips the update', async () => {
    for (const values of [
      [1, Number.NaN, 2],
      [1, Number.NEGATIVE_INFINITY, 2],
      [3e38, 3e38, 1],
    ]) {
      const control = device().scope(() =>
        stepControl({
          norm: globalNorm([device().tensor(values, [3])]),
          numbers: device().tensor(stepNumbers(settings), [13]),
          state: device().tensor(initialStepState(), [4]),
        }),
      );
      const result = await read(control);
      expect(result[STEP_CONTROL.skip]).toBe(1);
      expect(result[STEP_CONTROL.factor]).toBe(0);
      expect(result[STEP_CONTROL.gradNorm]).not.toSatisfy(Number.isFinite);
      control.dispose();
    }
  });

  test('rejects tensors that do not fit', () => {
    const [norm, numbers, state] = [1, 13, 4].map((size) => device().zeros([size])) as [
      Tensor,
      Tensor,
      Tensor,
    ];
    expect(() => stepControl({ norm, numbers: state, state })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: stepControl: expected numbers [13], got [4]. Upload what stepNumbers returns.]`,
    );
    expect(() => stepControl({ norm: numbers, numbers, state })).toThrow(/expected norm \[1\]/);
    expect(() =>
      stepControl({ norm, numbers, state: device().zeros([4], { dtype: 'i32' }) }),
    ).toThrow(/expected state f32, got i32/);
  });
});
