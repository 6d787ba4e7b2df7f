import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { countsIn, countsOfVitest, line, total, withExitCode } from './counts.mjs';

const counts = (passed: number, failed: number, skipped = 0) => ({ passed, failed, skipped });

test('countsIn takes the last closing line', () => {
  expect(countsIn('1 passed, 2 failed\nmore\n31 passed, 0 failed, 4 skipped\n')).toEqual(
    counts(31, 0, 4),
  );
  expect(countsIn('all good: 3 passed, 0 failed')).toEqual(counts(0, 0));
});

test('a suite that ran nothing or ended badly has failed', () => {
  expect(withExitCode(counts(3, 0), 0)).toEqual(counts(3, 0));
  expect(withExitCode(counts(3, 1), 1)).toEqual(counts(3, 1));
  expect(withExitCode(counts(3, 0), 1)).toEqual(counts(3, 1));
  expect(withExitCode(counts(0, 0, 9), 0)).toEqual(counts(0, 1, 9));
});

test('line says skipped only when something was', () => {
  expect(line(total([counts(1, 0), counts(2, 1)]))).toBe('3 passed, 1 failed');
  expect(line(counts(1, 0, 2))).toBe('1 passed, 0 failed, 2 skipped');
});

test('a test file that did not load counts as one failure', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-counts-'));
  const file = join(folder, 'report.json');
  const testResults = [
    { status: 'failed', assertionResults: [] },
    { status: 'failed', assertionResults: [{ status: 'failed' }] },
  ];
  const numbers = { numPassedTests: 5, numFailedTests: 1, numPendingTests: 2, numTodoTests: 0 };
  writeFileSync(file, JSON.stringify({ ...numbers, testResults }));
  expect(countsOfVitest(file)).toEqual(counts(5, 2, 2));
  rmSync(folder, { recursive: true });
  expect(countsOfVitest(file)).toEqual(counts(0, 0));
});
