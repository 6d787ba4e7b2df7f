// Checks, and the report's lines.

import { expect, test } from 'vitest';
import { type CaseResult, holds, relativeCheck, rmsCheck, worstOf } from './check.ts';
import {
  formatDetails,
  formatNumber,
  formatPosition,
  formatResult,
  formatSummary,
} from './report.ts';
import { evaluateReport } from './verify.ts';

const part = (name: string, error: number) => ({ name, error, bound: 1e-3, measure: 'RMS' });

const passed: CaseResult = {
  id: 'attention/square_d32',
  isPassed: true,
  checks: [{ name: 'out', error: 2.14e-7, bound: 1e-5, measure: 'RMS error ratio' }],
  notes: ['M=128'],
  reason: null,
  stack: null,
  seconds: 0.42,
};
const failed: CaseResult = {
  ...passed,
  isPassed: false,
  checks: [
    ...passed.checks,
    worstOf('gradients', 'parameters', [part('a', 0), part('b', 0.03), part('c', 1e-5)]),
  ],
};
const broken: CaseResult = { ...passed, isPassed: false, checks: [], reason: 'dq is missing' };

test('NaN, infinity and other lengths break every bound', () => {
  const expected = [3, 4];
  for (const actual of [[3, Number.NaN], [3], [3, 4, 0], [3, Infinity]]) {
    expect(holds(rmsCheck('x', { expected, actual, bound: 1e30 }))).toBe(false);
    expect(holds(relativeCheck('x', { expected, actual, bound: 1e30 }))).toBe(false);
  }
});

test.each([[[Number.NaN, 5]], [[5, Number.NaN]]])('NaN is the worst of %j', (errors) => {
  const check = worstOf(
    'grads',
    'parameters',
    errors.map((error) => part('p', error)),
  );
  expect(check.error).toBeNaN();
  expect(holds(check)).toBe(false);
});

test('a report without checks is a failure', () => {
  const { isPassed, reason } = evaluateReport({ checks: [], notes: [] });
  expect([isPassed, reason]).toEqual([false, 'nothing was compared']);
});

test('one line a case, with each error and bound', () => {
  const lines = [passed, failed, broken].map((result, index) =>
    formatResult(result, formatPosition(index + 8, 12)),
  );
  expect(lines).toMatchInlineSnapshot(`
    [
      "[ 9/12] pass attention/square_d32 (0.4 s): out 2.1e-7 ≤ 1e-5 | M=128",
      "[10/12] FAIL attention/square_d32 (0.4 s): out 2.1e-7 ≤ 1e-5, gradients 3e-2 > 1e-3 | M=128",
      "[11/12] FAIL attention/square_d32 (0.4 s): dq is missing | M=128",
    ]
  `);
});

test('what breaks its bound is printed in full, the rest on demand', () => {
  expect(formatDetails(passed, { all: false })).toEqual([]);
  expect(formatDetails(failed, { all: false })).toEqual([
    '    gradients 3e-2 > 1e-3  RMS, worst of 3 parameters: b',
  ]);
  expect(formatDetails(failed, { all: true })).toHaveLength(2);
});

test('numbers', () => {
  const numbers = [0, 3, 2e-3, 1e-5, 2.14e-7, 1234567, Number.NaN, Infinity].map(formatNumber);
  expect(numbers.join(' ')).toBe('0 3 2e-3 1e-5 2.1e-7 1.2e+6 NaN Infinity');
});

test('the last line counts', () => {
  const results = [passed, passed, failed, broken];
  expect(formatSummary(results)).toBe('2 passed, 2 failed');
});
