// The configuration's file and overrides: what is written can be read, mistakes are named in one short line.

import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { configFields, configSections, readLayer, resolveConfig } from '@vulpes/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrainOptions } from '../options.ts';
import { planRun } from '../plan.ts';
import { createRunFolder } from '../run-folder.ts';
import { RunLock } from '../run-lock.ts';
import { CONFIG_FILE, readConfigFile } from './config-file.ts';
import { fieldHelp } from './field-help.ts';
import { configLines, formatConfig } from './format-config.ts';
import { isOverride, parseOverrides } from './overrides.ts';
import { referenceText } from './reference.ts';
import { parseYaml } from './yaml.ts';

const base: TrainOptions = { adapter: 'auto', sampleTokens: 0, prompt: 'The ' };

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'vulpes-config-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const fileWith = async (text: string | Uint8Array, name = 'a.yaml') => {
  await writeFile(join(scratch, name), text);
  return join(scratch, name);
};

describe('the file', () => {
  test('gives what it says; options and overrides win over it', async () => {
    const config = await fileWith(
      'preset: smoke\nmodel: {numHeads: 4}\ntraining:\n  steps: 40 # more\n  seed: 7\ndata:\n',
    );
    const options = { ...base, config, steps: 50, overrides: ['training.batchSize=2'] };
    const { run } = await planRun(options);
    expect(run.preset).toBe('smoke');
    expect(run.model.numHeads).toBe(4);
    expect(run.settings).toMatchObject({ steps: 50, seed: 7, batchSize: 2 });
  });

  test('of a run makes the same run again', async () => {
    const overrides = [
      'training.schedule=wsd',
      'model.fgateDecayTimes=[2, 64]',
      'data.heldOut=0.1',
    ];
    const plan = await planRun({ ...base, data: ['a b.txt'], lr: 3e-4, clip: 'off', overrides });
    const folder = join(scratch, 'run');
    await createRunFolder(folder, plan.run, new RunLock());
    const again = await planRun({ ...base, config: join(folder, CONFIG_FILE) });
    expect(again.run).toEqual(plan.run);
    expect(again.run.data).toMatchObject({ files: [resolve('a b.txt')], heldOut: 0.1 });
    const text = await readFile(join(folder, CONFIG_FILE), 'utf8');
    expect(text).toContain('  schedule: wsd # after the warm-up: ');
    expect(text).toContain('  fgateDecayTimes: [2, 64] # ');
  });

  test('that is printed is read again, with and without help', () => {
    const config = resolveConfig([{ preset: 'long' }]);
    for (const help of [true, false]) {
      const text = formatConfig(config, { help });
      expect(resolveConfig([readLayer(parseYaml(text, 'a'), 'a')])).toEqual(config);
    }
  });

  test('may be empty', async () => {
    expect(await readConfigFile(await fileWith('# nothing yet\n'))).toEqual({});
  });

  test.each([
    [
      'model: [1, 2',
      /^.*a\.yaml: expected YAML, got a mistake: Flow sequence .* at line 1, column \d+\.$/,
    ],
    ['a: 1\na: 2', /expected YAML, got a mistake: Map keys must be unique at line 2, column 1\.$/],
    ['a: &a [*a]', /^.*a\.yaml: expected YAML, got a mistake: it contains itself\.$|unknown key a/],
    ['\t- x', /expected YAML, got a mistake: /],
    [Uint8Array.of(0xff, 0xfe, 0), /^--config: expected a text file in UTF-8, got other bytes in /],
    [
      'training: {stpes: 4}',
      /a\.yaml: unknown key training\.stpes\. Did you mean training\.steps\?$/,
    ],
    [
      'trainer',
      /a\.yaml: expected the sections model, data, training and evaluation, got "trainer"\.$/,
    ],
  ])('%j is an error of one line', async (text, message) => {
    const error = await readConfigFile(await fileWith(text)).catch((error: Error) => error);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).not.toContain('\n');
  });

  test('that is missing, a folder, or no configuration for its size', async () => {
    await expect(readConfigFile(join(scratch, 'none'))).rejects.toThrow('there is no such file');
    await expect(readConfigFile(scratch)).rejects.toThrow('--config: cannot read');
    const weights = await fileWith('', 'model.safetensors');
    await truncate(weights, 2 ** 21);
    await expect(readConfigFile(weights)).rejects.toThrow(
      /^--config: expected a configuration in YAML of at most 1 MiB, got .*model.safetensors with 2097152 bytes\.$/,
    );
  });
});

describe('overrides', () => {
  test('are YAML values of dotted keys', () => {
    const texts = ['training.learningRate=1e-3', 'training.maxGradNorm=null', 'preset=long'];
    expect(parseOverrides([...texts, 'data.files=[a.txt, b=c.txt]'])).toEqual([
      ...[{ training: { learningRate: 1e-3 } }, { training: { maxGradNorm: null } }],
      ...[{ preset: 'long' }, { data: { files: ['a.txt', 'b=c.txt'] } }],
    ]);
  });

  test('stand behind --data, too', async () => {
    expect(isOverride('training.steps=5')).toBe(true);
    expect(isOverride('steps=5.txt')).toBe(false);
    const { run } = await planRun({ ...base, data: ['/a.txt', 'training.steps=77'] });
    expect(run.data).toMatchObject({ files: ['/a.txt'] });
    expect(run.settings.steps).toBe(77);
    const bundled = await planRun({ ...base, data: ['/a.txt'], overrides: ['data.files=null'] });
    expect(bundled.run.data.kind).toBe('bundled');
  });

  test.each([
    [['book.txt'], 'command line: expected KEY=VALUE, such as training.steps=500, got "book.txt".'],
    [['=5'], 'expected KEY=VALUE'],
    [
      ['training.steps='],
      'expected a value behind training.steps=, got none. Write null for none.',
    ],
    [['training.steps=[1'], 'training.steps: expected YAML, got a mistake: '],
    [
      ['training.steps=many'],
      'command line: expected training.steps to be a whole number ≥ 1, got "many".',
    ],
    [['training.stpes=4'], 'unknown key training.stpes. Did you mean training.steps?'],
    [['steps=4'], 'unknown key steps. Did you mean training.steps?'],
    [['training.steps.x=4'], 'expected training.steps to be a whole number ≥ 1, got {"x":4}.'],
    [['training=4'], 'expected training to be keys with values, got 4.'],
    [['__proto__.steps=4'], 'unknown key __proto__.'],
    [['x'.repeat(1000)], `got "${'x'.repeat(40)}…".`],
  ])('%j', async (overrides, message) => {
    await expect(planRun({ ...base, overrides })).rejects.toThrow(message);
  });

  test('and options may say the same thing, not two things', async () => {
    const overrides = ['training.steps=500'];
    expect((await planRun({ ...base, steps: 500, overrides })).run.settings.steps).toBe(500);
    await expect(planRun({ ...base, steps: 400, overrides })).rejects.toThrow(
      '--steps: expected one value for training.steps, got 400 and training.steps=500.',
    );
  });

  test('of a resumed run change what may change', async () => {
    const folder = join(scratch, 'resumed');
    const { run: begun } = await planRun({ ...base, preset: 'smoke' });
    await createRunFolder(folder, begun, new RunLock());
    const resume = (...overrides: string[]) => planRun({ ...base, resume: folder, overrides });
    const { run, precision } = await resume('training.steps=30', 'model.numHeads=2');
    expect(run.settings).toMatchObject({ steps: 30, warmupSteps: 4 });
    expect(precision).toBe('f32');
    await expect(resume('model.numHeads=4')).rejects.toThrow(
      'model.numHeads: the run was started with 2, got 4; leave it out, or start a new run.',
    );
    expect((await resume('training.schedule=wsd')).run.settings.schedule).toBe('wsd');
    await expect(planRun({ ...base, resume: folder, config: 'a.yaml' })).rejects.toThrow(
      '--config: a resumed run has its configuration.',
    );
  });
});

test('each field has its help', () => {
  for (const section of configSections) {
    const names = Object.keys(configFields[section]).filter((name) => name !== 'preset');
    expect(Object.keys(fieldHelp[section]).sort()).toEqual(names.sort());
  }
});

test('lines for a terminal hold every field', () => {
  const lines = configLines(resolveConfig([]));
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(112);
  expect(lines.find((line) => line.startsWith('  training:'))).toContain(' steps 320, ');
  expect(lines.join(' ')).toContain('pruningMode paper');
});

// Written anew with `npx vitest run apps/trainer/src/config -u`.
test('docs/trainer-config.md is the reference', async () => {
  await expect(referenceText()).toMatchFileSnapshot('../../../../docs/trainer-config.md');
});
