// From options to a plan: presets, overrides, errors; what a resumed run may and may not change.

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, posix, win32 } from 'node:path';
import { makeCaps } from '@vulpes/tensor-core/testing';
import { runPresets } from '@vulpes/training';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TrainOptions } from './options.ts';
import { planPrecision, planRun } from './plan.ts';
import { createRunFolder, splitRunPath } from './run-folder.ts';
import { RunLock } from './run-lock.ts';

const base: TrainOptions = { adapter: 'auto', sampleTokens: 0, prompt: 'The ' };

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'vulpes-plan-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

const reading = { heldOut: 0.02, tokenizer: null, encoding: 'auto', field: 'text' };

describe('a new run', () => {
  test('without options is the default preset on the bundled text', async () => {
    const plan = await planRun(base);
    expect(plan.run.settings).toEqual(runPresets.default?.settings);
    expect(plan.run.model.logPruningTolerance).toBe(-10);
    expect(plan.run.data).toEqual({ kind: 'bundled', ...reading });
    expect(plan.folder).toMatch(/^runs\/\d{4}-\d\d-\d\d-\d{6}-default$/);
  });

  test('takes every option', async () => {
    const { run, folder } = await planRun({
      ...base,
      preset: 'smoke',
      data: ['/a.txt', '/b.txt'],
      tokenizer: 'gpt2',
      encoding: 'utf-16le',
      field: 'body',
      steps: 77,
      context: 32,
      packDocuments: true,
      batch: 3,
      accumulate: 2,
      lr: 1e-3,
      warmup: 5,
      weightDecay: 0.2,
      clip: 'off',
      seed: 9,
      out: 'somewhere',
      checkpointEvery: 11,
      keep: 4,
      evalEvery: 12,
      evalSequences: 13,
      checkpointing: 'blocks',
      logPruningTolerance: 'off',
    });
    expect(folder).toBe('somewhere');
    expect(run.data).toEqual({
      ...{ kind: 'files', files: ['/a.txt', '/b.txt'] },
      ...{ heldOut: 0.02, tokenizer: 'gpt2', encoding: 'utf-16le', field: 'body' },
    });
    expect(run.model).toMatchObject({ logPruningTolerance: null, maxPositionEmbeddings: 32 });
    expect(run.settings).toEqual({
      steps: 77,
      contextLength: 32,
      packDocuments: true,
      batchSize: 3,
      accumulate: 2,
      learningRate: 1e-3,
      warmupSteps: 5,
      schedule: 'cosine',
      decayShare: 0.2,
      decayShape: 'sqrt',
      finalRateShare: 0,
      ...{ optimizer: 'adamw', beta1: 0.9, beta2: 0.95, epsilon: 1e-8, muonMomentum: 0.95 },
      weightDecay: 0.2,
      maxGradNorm: null,
      seed: 9,
      checkpointEvery: 11,
      keepCheckpoints: 4,
      evalEvery: 12,
      evalSequences: 13,
      checkpointing: 'blocks',
      precision: 'f32',
    });
  });

  test.each([
    [{}, { logPruningTolerance: -10, pruningMode: 'paper' }],
    [{ pruning: 'certified' }, { logPruningTolerance: -10, pruningMode: 'certified' }],
    [
      { pruning: 'certified', logPruningTolerance: -20 },
      { logPruningTolerance: -20, pruningMode: 'certified' },
    ],
    [{ pruning: 'none' }, { logPruningTolerance: null }],
    [{ pruning: 'none', logPruningTolerance: 'off' }, { logPruningTolerance: null }],
    [{ preset: 'transformer', pruning: 'none' }, { logPruningTolerance: null }],
  ] as [Partial<TrainOptions>, object][])('%j sets the pruning', async (options, expected) => {
    expect((await planRun({ ...base, ...options })).run.model).toMatchObject(expected);
  });

  test('a short one warms up for as small a share', async () => {
    const { settings } = (await planRun({ ...base, steps: 3 })).run;
    expect(settings.warmupSteps).toBeLessThan(3);
  });

  test.each(Object.keys(runPresets))('preset %s holds together', async (preset) => {
    const { run } = await planRun({ ...base, preset });
    expect(run.model.maxPositionEmbeddings).toBe(run.settings.contextLength);
  });

  test.each([
    [{ preset: 'huge' }, 'preset: expected one of default, '],
    [{ steps: 10, warmup: 10 }, 'expected a warm-up shorter than the run, got 10 of 10 steps'],
    [{ preset: 'transformer', logPruningTolerance: -10 }, 'nothing can be pruned'],
    [{ preset: 'transformer', pruning: 'certified' }, '--pruning: the model has no forget gate'],
    [{ pruning: 'none', logPruningTolerance: -10 }, '--pruning: expected "none" to go with'],
    [{ pruning: 'paper', logPruningTolerance: 'off' }, 'got off; leave one of the two out'],
  ] as [Partial<TrainOptions>, string][])('%j is an error', async (options, message) => {
    await expect(planRun({ ...base, ...options })).rejects.toThrow(message);
  });
});

describe('a resumed run', () => {
  const startRun = async (name: string) => {
    const folder = join(scratch, name);
    const { run } = await planRun({ ...base, preset: 'smoke', data: ['/a.txt'], seed: 3 });
    await createRunFolder(folder, run, new RunLock());
    return { folder, run };
  };

  test('has what it was started with', async () => {
    const { folder, run } = await startRun('same');
    const plan = await planRun({ ...base, resume: `${folder}/` });
    expect(plan).toMatchObject({
      ...{ folder, run, precision: 'f32', isResumed: true, checkpoint: null },
      acceptChanges: { settings: true, corpus: false },
    });
  });

  test('remembers its pruning', async () => {
    const folder = join(scratch, 'certified');
    const { run } = await planRun({ ...base, preset: 'smoke', pruning: 'certified' });
    await createRunFolder(folder, run, new RunLock());
    const resumed = await planRun({ ...base, resume: folder, pruning: 'certified' });
    expect(resumed.run.model.pruningMode).toBe('certified');
  });

  test('may change what decides its numbers, and its text where that is named', async () => {
    const { folder } = await startRun('changed');
    const plan = await planRun({ ...base, resume: folder, context: 128, lr: 1, seed: 4 });
    expect(plan.run.settings).toMatchObject({ contextLength: 128, learningRate: 1, seed: 4 });
    expect(plan.acceptChanges).toEqual({ settings: true, corpus: false });
    const other = await planRun({ ...base, resume: folder, data: ['other.txt'] });
    expect(other.acceptChanges).toEqual({ settings: true, corpus: true });
  });

  test('may get longer and save more often', async () => {
    const { folder } = await startRun('longer');
    const { run } = await planRun({
      ...base,
      resume: folder,
      steps: 500,
      checkpointEvery: 1,
      keep: 9,
    });
    expect(run.settings).toMatchObject({
      steps: 500,
      checkpointEvery: 1,
      keepCheckpoints: 9,
      seed: 3,
    });
  });

  test.each([
    [{ preset: 'default' }, '--preset: the run was started with "smoke", got "default"'],
    [
      { logPruningTolerance: 'off' as const },
      '--log-pruning-tolerance: the run was started with -10, got off',
    ],
    [{ pruning: 'certified' as const }, '--pruning: the run was started with paper, got certified'],
    [{ out: 'elsewhere' }, '--out: a resumed run continues in its own folder'],
  ])('%j is an error', async (options, message) => {
    const { folder } = await startRun(`refuses-${Object.keys(options)[0]}`);
    await expect(planRun({ ...base, resume: folder, ...options })).rejects.toThrow(message);
  });

  test('has to exist, and to be readable', async () => {
    await expect(planRun({ ...base, resume: join(scratch, 'nowhere') })).rejects.toThrow(
      'is no run of the trainer (it has no run.json)',
    );
    const { folder } = await startRun('broken');
    await expect(
      planRun({ ...base, resume: `${folder}/checkpoints/step-00000005` }),
    ).rejects.toThrow('is no complete checkpoint. The run has none');
    await writeFile(join(folder, 'run.json'), '{"format": "vulpes-run-1"');
    await expect(planRun({ ...base, resume: folder })).rejects.toThrow('run.json: expected JSON');
    await writeFile(join(folder, 'run.json'), '{"format": "vulpes-run-0"}');
    await expect(planRun({ ...base, resume: folder })).rejects.toThrow(
      'expected format vulpes-run-1',
    );
  });

  test('is named by its folder or by a checkpoint in it, on every platform', () => {
    const at = { folder: 'runs/a', checkpoint: 'step-00000004' };
    expect(splitRunPath('runs/a/checkpoints/step-00000004/', posix)).toEqual(at);
    expect(splitRunPath('runs\\a\\checkpoints\\step-00000004', win32)).toEqual({
      ...at,
      folder: 'runs\\a',
    });
    expect(splitRunPath('checkpoints/step-00000004', posix)).toEqual({ ...at, folder: '.' });
    expect(splitRunPath('runs/a//', posix)).toEqual({ folder: 'runs/a', checkpoint: null });
  });

  test('planned with --dry-run, keeps what another trainer is writing', async () => {
    const { folder } = await startRun('looked-at');
    const writing = join(folder, 'checkpoints', '.writing-3');
    await mkdir(writing, { recursive: true });
    await planRun({ ...base, resume: folder, dryRun: true });
    expect(existsSync(writing)).toBe(true);
    await planRun({ ...base, resume: folder });
    expect(existsSync(writing)).toBe(false);
  });

  test('is never started over', async () => {
    const { folder, run } = await startRun('over');
    await expect(createRunFolder(folder, run, new RunLock())).rejects.toThrow(
      `Continue it with --resume ${folder}`,
    );
    const other = join(scratch, 'a-file');
    await writeFile(other, 'x');
    await expect(createRunFolder(other, run, new RunLock())).rejects.toThrow(
      'it is a file. Choose a new folder',
    );
    await expect(createRunFolder(scratch, run, new RunLock())).rejects.toThrow(
      'is not empty. Choose a new folder',
    );
  });
});

describe('precision', () => {
  const asked = async (options: Partial<TrainOptions>) =>
    planPrecision(await planRun({ ...base, ...options }), makeCaps({}));

  test('is chosen by the adapter, and said with its reason', async () => {
    const { plan, line } = await asked({});
    expect(plan.run.settings.precision).toBe('f32');
    expect(line).toBe('Precision: f32 (this adapter has no f16)');
  });

  test('is what was asked for, where the adapter has it', async () => {
    const features = { f16: true, subgroups: false, subgroupMatrix: false, timestampQuery: false };
    const run = await planRun({ ...base, precision: 'mixed' });
    const { plan, line } = planPrecision(run, makeCaps({ features }));
    expect(plan.run.settings.precision).toBe('mixed');
    expect(line).toBe('Precision: mixed (as asked for)');
  });

  test('mixed without f16 is refused before anything is written', async () => {
    await expect(asked({ precision: 'mixed' })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[UsageError: --precision: expected f32 or auto, as this adapter has no f16, got mixed. Give --precision f32; a run can go on in it.]`,
    );
    const { run, ...plan } = await planRun(base);
    const settings = { ...run.settings, precision: 'mixed' } as const;
    const resumed = { ...plan, run: { ...run, settings }, isResumed: true };
    expect(() => planPrecision({ ...resumed, precision: 'mixed' }, makeCaps({}))).toThrow(
      /which the run was started with/,
    );
    const { line } = planPrecision({ ...resumed, precision: 'f32' }, makeCaps({}));
    expect(line).toBe('Precision: f32 (as asked for)');
  });
});
