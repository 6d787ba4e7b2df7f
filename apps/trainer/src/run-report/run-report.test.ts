// The page of a run: what it draws at work, with gaps, and the command that writes it.

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Metrics, resolveConfig, toRun, writeRunFile } from '@vulpes/training';
import { expect, onTestFinished, test } from 'vitest';
import { syncedFiles } from '../synced-files.ts';
import { reportRun } from './report-command.ts';
import { runPage } from './run-page.ts';

const run = toRun(resolveConfig([{ preset: 'smoke', training: { optimizer: 'muon' } }]));

const step = (number: number, changes: object = {}): Metrics => ({
  ...{ type: 'step', step: number, tokens: 256 * number, loss: 5 - number / 100 },
  ...{ gradNorm: 1, learningRate: 1e-3, stepMs: 5, tokensPerSecond: 51_200, prunedShare: 0.25 },
  ...changes,
});

const heldOut = (number: number, heldOutLoss: number): Metrics => ({
  ...{ type: 'evaluation', step: number, tokens: 256 * number, heldOutLoss, heldOutTokens: 512 },
});

test('every curve, means of many steps, and the newest and best losses', () => {
  const steps = Array.from({ length: 250 }, (_, i) => step(i + 1));
  const page = runPage('runs/a', run, [
    heldOut(0, 5.5),
    ...steps,
    heldOut(200, 2.5),
    heldOut(250, 2.75),
  ]);
  expect(page?.match(/<svg/g)).toHaveLength(5);
  for (const text of [
    'Run runs/a',
    'step 250 of 20',
    'muon',
    '2.7500',
    '2.5000',
    'mean of 3 steps',
  ])
    expect(page).toContain(text);
});

test('what no step has is not drawn; a skipped update leaves a gap; no step, no page', () => {
  const dense = [step(1, { prunedShare: null }), step(2, { gradNorm: null, prunedShare: null })];
  const page = runPage('runs/a', run, dense);
  expect(page?.match(/<svg/g)).toHaveLength(4);
  expect(page).not.toContain('pruning skipped');
  const mixed = runPage('runs/a', run, [step(1, { lossScale: 65_536 })]);
  expect(mixed).toContain('Loss scale');
  expect(runPage('runs/a', run, [heldOut(0, 5)])).toBeNull();
});

test('the command reads a run at work, whose last line is half written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'vulpes-report-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let text = '';
  const report = () => reportRun(folder, {}, { write: (part: string) => (text += part) });
  await expect(report()).rejects.toThrow('is no run of the trainer (it has no run.json)');
  await mkdir(folder, { recursive: true });
  await writeRunFile(syncedFiles, folder, run);
  await expect(report()).rejects.toThrow('has made no step yet');
  const lines = [heldOut(0, 5.5), step(1), step(2)].map((line) => JSON.stringify(line)).join('\n');
  await writeFile(join(folder, 'metrics.jsonl'), `${lines}\n{"type":"step","st`);
  await report();
  expect(text).toBe(`Report  ${join(folder, 'report.html')}\n`);
  expect(await readFile(join(folder, 'report.html'), 'utf8')).toContain('step 2 of 20');
});
