// What a peer's result is held to.

import { createDevice } from '@vulpes/tensor-core';
import { expect, test } from 'vitest';
import type { CaseReport } from '../report/report.ts';
import { attentionExercise } from './attention-exercise.ts';
import { deviation } from './deviation.ts';
import type { Exercise } from './exercise.ts';
import { matmulExercise } from './matmul-exercise.ts';
import { trainExercise } from './train-exercise.ts';

test('a result that is not ours has no time', () => {
  const ours = { c: Float32Array.of(1, 2, 3) };
  expect(deviation({ c: Float32Array.of(1, 2, 3) }, ours, { bound: 1e-5 })).toBe(
    'result equal to ours',
  );
  expect(() => deviation({ c: Float32Array.of(1, 2, 3.1) }, ours, { bound: 1e-3 })).toThrow(
    'its result is not ours, so it was not timed: c is off',
  );
  expect(() => deviation({}, ours, { bound: 1 })).toThrow('c is not comparable');
});

test('losses are held to a difference, NaN fails', () => {
  const ours = { losses: Float32Array.of(5, 4) };
  const close = { losses: Float32Array.of(5, 4.0005) };
  expect(deviation(close, ours, { bound: 1e-3 })).toMatch(/^losses 5\.0e-4 from ours$/);
  expect(() => deviation(close, ours, { bound: 1e-4 })).toThrow('losses 5, 4.0005');
  expect(() => deviation({ losses: Float32Array.of(5) }, ours, { bound: 1 })).toThrow('not ours');
});

const attention = { B: 1, T: 40, H: 2, D: 16, block: 32 };
const exercises: [string, (of: CaseReport) => Exercise, Partial<CaseReport>][] = [
  ['matmul', matmulExercise, { dims: { M: 8, N: 24, K: 16 } }],
  ['attention', attentionExercise, { mode: 'forward', dims: attention }],
  ['attention, gradients', attentionExercise, { mode: 'forward+backward', dims: attention }],
  ['training', trainExercise, { preset: 'pro-nano', dims: { B: 1, T: 8 } }],
];

test.each(exercises)('%s: any one output off by a hundredth is refused', async (_, make, of) => {
  const device = await createDevice({ adapter: 'software' });
  const exercise = make({ id: 'by a test', ...of } as CaseReport);
  const { ours } = await exercise.prepare(device);
  const outputs = await ours.outputs();
  ours.dispose();
  device.dispose();
  expect(() => deviation(outputs, outputs, exercise)).not.toThrow();
  expect(Object.keys(outputs)).not.toEqual([]);
  for (const [name, values] of Object.entries(outputs)) {
    const theirs = { ...outputs, [name]: values.map((value) => 1.01 * value) };
    expect(() => deviation(theirs, outputs, exercise), name).toThrow('not ours');
  }
});
