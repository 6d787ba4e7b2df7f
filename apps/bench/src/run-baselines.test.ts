import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Measurement, parseReport, type RunBaseline } from '@vulpes/bench';
import { createDevice } from '@vulpes/tensor-core';
import { expect, test, vi } from 'vitest';
import { bench } from './bench.ts';
import { BaselineError } from './compare/index.ts';
import { parseArguments } from './options.ts';
import { runBaselines } from './run-baselines.ts';

test('a baseline that cannot run: a sentence, a line in the report, and the rows of the others', async () => {
  const report = await smallReport();
  const row: Measurement = {
    case: report.cases[0]?.id ?? '',
    variant: 'nn',
    runner: 'other',
    wallMs: { runs: 1, median: 2, p10: 2, p90: 2, min: 2 },
    gpuMs: null,
  };
  const works: RunBaseline = async ({ onMeasurement }) => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    onMeasurement(row);
  };
  const breaks: RunBaseline = async ({ onMeasurement }) => {
    onMeasurement(row);
    throw new BaselineError('bench --compare other: it is not installed. Install it.');
  };
  const baselines = [
    { name: 'other', run: breaks },
    { name: 'third', run: works },
  ];
  const saved: unknown[] = [];
  const compared = await runBaselines(report, baselines, {
    cases: [],
    slot: { device: await createDevice() },
    onProgress: () => {},
    onReport: ({ comparisons, notMeasured }) =>
      saved.push([comparisons.length, notMeasured.length]),
  });
  expect(saved).toEqual([
    [1, 0],
    [1, 1],
    [2, 1],
  ]);
  expect(compared.complaints).toEqual(['bench --compare other: it is not installed. Install it.']);
  expect(compared.report.comparisons).toEqual([row, row]);
  expect(compared.report.elapsedMs).toBeGreaterThan(report.elapsedMs + 90);
  expect(compared.report.notMeasured).toEqual([
    { kind: 'failed', runner: 'other', case: 'all', why: compared.complaints[0] },
  ]);
});

test('a baseline that breaks off: a sentence at the end, exit code 1, and the report is written', async () => {
  const stderr = vi.spyOn(console, 'error').mockReturnValue(undefined);
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-bench-'));
  const file = join(folder, 'report.json');
  const python = join(folder, 'python');
  // It imports torch, but the script ends badly.
  writeFileSync(python, '#!/bin/sh\n[ "$1" = -c ] && exit 0\necho "no card" >&2\nexit 3\n');
  chmodSync(python, 0o755);
  const given = parseArguments(
    `--suite matmul --case M256 --runs 1 --no-peaks --json ${file} --compare pytorch --python ${python}`.split(
      ' ',
    ),
  );
  expect(await bench(given, { write: () => {} })).toBe(1);
  expect(stderr.mock.calls.join('')).toMatch(/^bench --compare pytorch: .*3: no card\.$/);
  expect(parseReport(readFileSync(file, 'utf8'), file).notMeasured).toHaveLength(1);
  rmSync(folder, { recursive: true });
  stderr.mockRestore();
});

async function smallReport() {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-bench-'));
  const file = join(folder, 'report.json');
  const options = `--suite matmul --case M256 --runs 1 --no-peaks --json ${file}`;
  await bench(parseArguments(options.split(' ')), { write: () => {} });
  const report = parseReport(readFileSync(file, 'utf8'), file);
  rmSync(folder, { recursive: true });
  return report;
}
