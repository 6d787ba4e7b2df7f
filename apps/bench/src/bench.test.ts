import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markedTables, parseReport } from '@vulpes/bench';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bench, exitCode, verdict } from './bench.ts';
import { parseArguments } from './options.ts';
import { tables } from './tables.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...options: string[]): Promise<{ code: number; text: string; file: string }> {
  const file = join(folder, 'report.json');
  let text = '';
  const given = parseArguments(['--json', file, '--runs', '2', '--no-peaks', ...options]);
  const code = await bench(given, { write: (part) => (text += part) });
  return { code, text, file };
}

test('a small run: report, page, tables of it in a document', async () => {
  const html = join(folder, 'report.html');
  const { code, text, file } = await run('--suite', 'boundary', '--case', 'T4096', '--html', html);
  expect(code).toBe(0);
  expect(text).toContain(`report: ${file}`);
  expect(text).toContain('Every variant passed its check.');
  const report = parseReport(readFileSync(file, 'utf8'), file);
  expect(report.cases).toHaveLength(1);
  expect(report.machine.host.commit).toMatch(/^[0-9a-f]{40}$/);
  expect(readFileSync(html, 'utf8')).toContain('Suite boundary');
  const document = join(folder, 'benchmarks.md');
  for (const _ of [1, 2]) tables([file, '--write', document], { write: () => {} });
  expect(readFileSync(document, 'utf8')).toBe(`${markedTables(report, 'report.json')}\n`);
});

test('a time budget leaves cases out and says so', async () => {
  const { code, text } = await run('--suite', 'matmul', '--budget-seconds', '0.001');
  expect(code).toBe(0);
  expect(text).toContain('left out by the time budget of 0.001 s');
});

test('a red gate ends in one sentence and exit code 1', () => {
  const red = { refused: 1, failed: 0 };
  expect(exitCode(red)).toBe(1);
  expect(verdict(red)).toBe(
    '1 variant was refused: the results are wrong, so they were not timed.',
  );
  expect(exitCode({ refused: 0, failed: 2 })).toBe(1);
  expect(verdict({ refused: 0, failed: 2 })).toBe('2 cases failed.');
});
