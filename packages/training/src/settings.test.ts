// Settings: errors name the field, the schedule follows from them, a resumed run keeps its hyperparameters.

import { expect, test } from 'vitest';
import { decode } from './schema.ts';
import {
  assertSameHyperparameters,
  defaultSettings,
  HYPERPARAMETERS,
  makeSchedule,
  settingsSchema,
  type TrainSettings,
  validateSettings,
} from './settings.ts';

const withField = (name: string, value: unknown) =>
  ({ ...defaultSettings, [name]: value }) as TrainSettings;

test.each(Object.keys(defaultSettings))('%s has to be a sensible value', (name) => {
  expect(() => validateSettings(withField(name, -1))).toThrow(
    new RegExp(`settings: expected ${name} to be .*, got -1`),
  );
  expect(() => validateSettings(withField(name, Number.NaN))).toThrow(`expected ${name} to be`);
  if (['checkpointing', 'precision', 'packDocuments'].includes(name)) return; // runs from before them lack them
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
  expect(makeSchedule(settings)).toEqual({
    peakLearningRate: 2e-3,
    warmupTokens: 6 * 512,
    totalTokens: 24 * 512,
  });
});

test.each(HYPERPARAMETERS)('resuming with another %s fails', (name) => {
  expect(() => assertSameHyperparameters(defaultSettings, withField(name, 12345))).toThrow(
    `resume: expected ${name} ${defaultSettings[name]} as in the checkpoint, got 12345`,
  );
});

test('resuming may change what is no hyperparameter: length, checkpoints, evaluations', () => {
  const free = Object.keys(defaultSettings).filter(
    (name) => !HYPERPARAMETERS.includes(name as never),
  );
  expect(free).toEqual([
    ...[
      'steps',
      'checkpointEvery',
      'keepCheckpoints',
      'evalEvery',
      'evalSequences',
      'checkpointing',
      'precision',
    ],
  ]);
  for (const name of free) {
    const wanted = withField(name, 2000);
    expect(() => assertSameHyperparameters(defaultSettings, wanted), name).not.toThrow();
  }
});

test('settings survive the way through JSON, and an error names the broken field', () => {
  const copy = JSON.parse(JSON.stringify(defaultSettings));
  expect(decode(settingsSchema, copy, 'run.json')).toEqual(defaultSettings);
  const { checkpointing: __, ...older } = copy;
  expect(decode(settingsSchema, older, 'run.json').checkpointing).toBe('none');
  expect(() => decode(settingsSchema, { ...copy, seed: 'x' }, 'run.json')).toThrow(
    'run.json, field "seed": expected a whole number ≥ 0, got "x". Restore the file.',
  );
  const { steps: _, ...rest } = copy;
  expect(() => decode(settingsSchema, rest, 'run.json')).toThrow(
    'run.json, field "steps": expected a value, got nothing. Restore the file.',
  );
  expect(() => decode(settingsSchema, null, 'run.json')).toThrow(
    'run.json: expected an object, got null. Restore the file.',
  );
});
