// Small real programs in place of Python: PyTorch needs a card. tools/comparisons/test_pytorch.py tests the parts of the script that need none.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BaselineContext,
  type BenchCase,
  chooseCases,
  type Measurement,
  type NotMeasured,
} from '@vulpes/bench';
import { foxConfigFromJson, foxPreset } from '@vulpes/lm-models';
import { createDevice } from '@vulpes/tensor-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { pytorchBaseline } from './pytorch.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-python-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A Python that runs these lines of shell; its arguments are those of the script. */
function python(...lines: string[]): string {
  const file = join(folder, 'python');
  writeFileSync(file, ['#!/bin/sh', ...lines].join('\n'));
  chmodSync(file, 0o755);
  return file;
}

/** Runs the baseline, on no cases of ours unless some are given. */
async function compare(
  options: Parameters<typeof pytorchBaseline>[0],
  cases: readonly BenchCase[] = [],
) {
  const [rows, missing]: [Measurement[], NotMeasured[]] = [[], []];
  const context: BaselineContext = {
    cases,
    device: await createDevice(),
    runs: 3,
    onProgress: () => {},
    onMeasurement: (row) => rows.push(row),
    onNotMeasured: (entry) => missing.push(entry),
  };
  const error = await pytorchBaseline(options)(context).then(
    () => null,
    ({ message }: Error) => message,
  );
  return { rows, missing, error };
}

test('lines of the script become rows; what else is printed is passed over', async () => {
  const row = '{"type":"measurement","suite":"matmul","case":"c","variant":"nn","runner":"torch"';
  const { rows, missing, error } = await compare({
    python: python(
      'echo "a library says hello"',
      `echo '${row},"gpuMs":[1,2,3],"wallMs":[4,5,6],"note":"f32"}'`,
      'echo \'{"type":"not-measured","kind":"did-not-fit","runner":"torch","case":"d","why":"out of GPU memory"}\'',
    ),
  });
  expect(error).toBeNull();
  expect(rows).toMatchObject([
    { case: 'c', variant: 'nn', runner: 'torch', gpuMs: { median: 2 }, wallMs: { median: 5 } },
  ]);
  expect(missing).toEqual([
    { kind: 'did-not-fit', runner: 'torch', case: 'd', why: 'out of GPU memory' },
  ]);
});

test('the script gets our adapter and our number of runs', async () => {
  const { error } = await compare({ python: python('echo "$@" >&2; exit 3'), foxPath: '/fox' });
  expect(error).toMatch(/ended with 3: .*--runs 3 --adapter \S.* --fox-path \/fox/);
});

test('what cannot run at all is an error at the end; other rows stay', async () => {
  const lines = [
    '{"type":"cannot-run","why":"there is no folder /fox (--fox-path)"}',
    '{"type":"not-measured","kind":"failed","runner":"torch","case":"d","why":"w"}',
  ];
  const { missing, error } = await compare({
    python: python(...lines.map((one) => `echo '${one}'`)),
  });
  expect(error).toBe('bench --compare pytorch: there is no folder /fox (--fox-path).');
  expect(missing).toHaveLength(1);
});

test('a script that prints nothing is stopped; rows before that stay', async () => {
  const line = '{"type":"not-measured","kind":"did-not-fit","runner":"torch","case":"d","why":"w"}';
  const options = { python: python(`echo '${line}'`, 'exec sleep 60'), maxSilenceMs: 300 };
  const { missing, error } = await compare(options);
  expect(missing).toHaveLength(1);
  expect(error).toMatch(/ended with SIGKILL: it printed nothing for 0.3 s\.$/);
});

interface Job {
  readonly id: string;
  readonly preset: string | null;
  readonly dims: Readonly<Record<string, number>>;
  readonly config: Readonly<Record<string, unknown>> | null;
}

test('the script gets the model of each preset that we train on a GPU', async () => {
  const { caps } = await createDevice();
  const filter = { suites: ['training', 'matmul'], presets: null, caseText: null };
  const cases = chooseCases({ ...caps, isSoftware: false }, filter as never);
  const transformer = {
    suite: 'training',
    op: 'train-step',
    mode: 'step',
    preset: 'transformer-125m',
    dims: { B: 1, T: 8 },
  };
  const received = join(folder, 'jobs.json');
  await compare({ python: python(`cat > ${received}`) }, [...cases, transformer as never]);
  const jobs = JSON.parse(readFileSync(received, 'utf8')) as Job[];
  const trained = jobs.filter(({ preset }) => preset?.startsWith('pro-'));
  expect(new Set(trained.map(({ preset }) => preset))).toEqual(
    new Set(['pro-125m', 'pro-360m', 'pro-760m']),
  );
  for (const { preset, config, dims } of trained) {
    // The official defaults fill in what was not sent.
    expect(foxConfigFromJson(JSON.stringify(config))).toEqual(foxPreset(preset as string));
    expect(dims.vocab).toBe(config?.vocab_size);
  }
  const others = jobs.filter((job) => !trained.includes(job));
  expect(others.length).toBeGreaterThan(5);
  for (const { id, config } of others) expect(config, id).toBeNull();
});

const hasPython = spawnSync('python3', ['--version']).status === 0;
if (!hasPython) console.warn('Skipped for want of python3: tools/comparisons/test_pytorch.py.');

test.runIf(hasPython)('the parts of the script that need no PyTorch pass their tests', () => {
  const tools = join(import.meta.dirname, '..', '..', '..', '..', 'tools', 'comparisons');
  const { status, stderr } = spawnSync(
    'python3',
    ['-B', '-m', 'unittest', 'discover', '-s', tools],
    { encoding: 'utf8' },
  );
  expect(stderr).toMatch(/Ran \d+ tests/);
  expect(status, stderr).toBe(0);
});
