// Settings: refusals by name, the schedule that follows, what resuming may not change.

import { expect, test } from 'vitest';
import { decodeSettings } from './checkpoint/trainer-state.ts';
import {
  assertSameCourse,
  defaultSettings,
  FIXED_SETTINGS,
  scheduleOf,
  type TrainSettings,
  validateSettings,
} from './settings.ts';

const withField = (name: string, value: unknown) =>
  ({ ...defaultSettings, [name]: value }) as TrainSettings;

test.each(Object.keys(defaultSettings))('%s has to be a sensible number', (name) => {
  expect(() => validateSettings(withField(name, -1))).toThrow(
    new RegExp(`settings: expected ${name} to be .*, got -1`),
  );
  expect(() => validateSettings(withField(name, Number.NaN))).toThrow(`expected ${name} to be`);
  expect(() => validateSettings(withField(name, undefined))).toThrow(`expected ${name} to be`);
});

test('the defaults hold, no clipping is allowed, a warm-up as long as the run is not', () => {
  expect(validateSettings(defaultSettings)).toBe(defaultSettings);
  validateSettings(withField('maxGradNorm', null));
  expect(() =>
    validateSettings({ ...defaultSettings, steps: 50 }),
  ).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: settings: expected a warm-up shorter than the run, got 50 of 50 steps. Shorten the warm-up or train longer.]`,
  );
});

test('the schedule counts tokens', () => {
  const settings = {
    ...defaultSettings,
    contextLength: 64,
    batchSize: 4,
    accumulate: 2,
    steps: 24,
    warmupSteps: 6,
  };
  expect(scheduleOf(settings)).toEqual({
    peakLearningRate: 2e-3,
    warmupTokens: 6 * 512,
    totalTokens: 24 * 512,
  });
});

test.each(FIXED_SETTINGS)('resuming with another %s is refused', (name) => {
  expect(() => assertSameCourse(defaultSettings, withField(name, 12345))).toThrow(
    `resume: expected ${name} ${defaultSettings[name]} as in the checkpoint, got 12345`,
  );
});

test('resuming may train longer', () => {
  assertSameCourse(defaultSettings, withField('steps', 2000));
});

test('settings survive the way through JSON, and say which field is broken', () => {
  const copy = JSON.parse(JSON.stringify(defaultSettings));
  expect(decodeSettings(copy, 'run.json')).toEqual(defaultSettings);
  expect(() => decodeSettings({ ...copy, seed: 'x' }, 'run.json')).toThrow(
    'run.json, field "seed": expected a number, got "x"',
  );
  expect(() => decodeSettings(null, 'run.json')).toThrow('expected an object, got null');
});
