// Settings: errors name the field, the schedule follows from them, a resumed run keeps its hyperparameters.

import { describe, expect, test } from 'vitest';
import { decode } from './schema.ts';
import {
  continueSchedule,
  defaultSettings,
  describeChanges,
  HYPERPARAMETERS,
  makeSchedule,
  settingsSchema,
  type TrainSettings,
  validateSettings,
} from './settings.ts';

const withField = (name: string, value: unknown) =>
  ({ ...defaultSettings, [name]: value }) as TrainSettings;

/** Runs from before them lack them. */
const LATER_FIELDS = [
  ...['checkpointing', 'precision', 'packDocuments'],
  ...['schedule', 'decayShare', 'decayShape', 'finalRateShare'],
  ...['optimizer', 'beta1', 'beta2', 'epsilon', 'muonMomentum'],
];

test.each(Object.keys(defaultSettings))('%s has to be a sensible value', (name) => {
  expect(() => validateSettings(withField(name, -1))).toThrow(
    new RegExp(`settings: expected ${name} to be .*, got -1`),
  );
  expect(() => validateSettings(withField(name, Number.NaN))).toThrow(`expected ${name} to be`);
  if (LATER_FIELDS.includes(name)) return;
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

test('warm-up and decay fit in the run', () => {
  const settings = { ...defaultSettings, schedule: 'wsd', decayShare: 0.96 } as const;
  expect(() => validateSettings(settings)).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: settings: expected warm-up and decay to fit in the run, got 50 + 960 of 1000 steps. Make warmupSteps or decayShare smaller, or train longer.]`,
  );
  validateSettings({ ...settings, decayShare: 0.95 });
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
  const lengths = { peakLearningRate: 2e-3, warmupTokens: 6 * 512, totalTokens: 24 * 512 };
  expect(makeSchedule(settings)).toEqual({
    ...lengths,
    ...{ decayTokens: 18 * 512, decayShape: 'cosine', finalLearningRate: 0 },
  });
  const wsd = { schedule: 'wsd', decayShare: 0.25, decayShape: 'linear' } as const;
  expect(makeSchedule({ ...settings, ...wsd, finalRateShare: 0.5 })).toEqual({
    ...lengths,
    ...{ decayTokens: 6 * 512, decayShape: 'linear', finalLearningRate: 1e-3 },
  });
});

test.each(HYPERPARAMETERS)('another %s is named', (name) => {
  expect(describeChanges(defaultSettings, withField(name, 12345))).toEqual([
    `${name} ${defaultSettings[name]} → 12345`,
  ]);
});

describe('the schedule of a run that goes on', () => {
  const before = { ...defaultSettings, contextLength: 64, batchSize: 4, steps: 24, warmupSteps: 6 };
  const at = (step: number) => ({
    ...{ step, tokens: step * 256, settings: before, schedule: makeSchedule(before) },
  });

  test('is the same with the same settings, and that of the longer run with more steps', () => {
    const odd = { ...at(8), schedule: { peakLearningRate: 1, warmupTokens: 2, totalTokens: 3 } };
    expect(continueSchedule(odd, { ...before, evalEvery: 7 })).toBe(odd.schedule);
    for (const step of [3, 8]) {
      const longer = { ...before, steps: 40 };
      expect(continueSchedule(at(step), longer)).toEqual(makeSchedule(longer));
    }
  });

  test('ends at 0 with the last step, whatever the batch was before', () => {
    const larger = { ...before, batchSize: 8, learningRate: 1 };
    expect(continueSchedule(at(8), larger)).toMatchObject({
      peakLearningRate: 1,
      decayTokens: 2 * 256 + 16 * 512,
      warmupTokens: 6 * 256,
      totalTokens: 8 * 256 + 16 * 512,
    });
    expect(continueSchedule(at(2), larger).warmupTokens).toBe(2 * 256 + 4 * 512);
    const again = { ...at(8), tokens: 9999, settings: larger, schedule: makeSchedule(larger) };
    expect(continueSchedule(again, { ...larger, steps: 8 }).totalTokens).toBe(9999);
  });
});

test('what is no hyperparameter: length, checkpoints, evaluations', () => {
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
    expect(describeChanges(defaultSettings, wanted), name).toEqual([]);
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
