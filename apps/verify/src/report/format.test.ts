// The report's lines.

import { expect, test } from 'vitest';
import { formatDetails, formatNumber, formatOutcome, formatSummary } from './format.ts';
import type { CaseOutcome } from './outcome.ts';

const passed: CaseOutcome = {
  id: 'attention/square_d32',
  status: 'passed',
  checks: [{ name: 'out', error: 2.14e-7, bound: 1e-5, measure: 'RMS error ratio' }],
  notes: ['M=128'],
  reason: null,
  stack: null,
  seconds: 0.42,
};
const failed: CaseOutcome = {
  ...passed,
  status: 'failed',
  checks: [
    ...passed.checks,
    {
      name: 'gradients',
      error: 0.03,
      bound: 1e-3,
      measure: 'worst of 2 parameters: b',
      parts: [
        { name: 'a', error: 0, bound: 1e-3, measure: '' },
        { name: 'b', error: 0.03, bound: 1e-3, measure: '' },
      ],
    },
  ],
};
const broken: CaseOutcome = { ...passed, status: 'failed', checks: [], reason: 'dq is missing' };
const skipped: CaseOutcome = { ...passed, status: 'skipped', checks: [], reason: 'not known' };

test('one line a case, with each error and bound', () => {
  const lines = [passed, failed, broken, skipped].map((outcome, index) =>
    formatOutcome(outcome, { index: index + 9, total: 12 }),
  );
  expect(lines).toMatchInlineSnapshot(`
    [
      "[ 9/12] pass attention/square_d32 (0.4 s): out 2.1e-7 ≤ 1e-5 | M=128",
      "[10/12] FAIL attention/square_d32 (0.4 s): out 2.1e-7 ≤ 1e-5, gradients 3e-2 > 1e-3 | M=128",
      "[11/12] FAIL attention/square_d32 (0.4 s): dq is missing | M=128",
      "[12/12] skip attention/square_d32: not known",
    ]
  `);
});

test('what broke is told in full, the rest on demand', () => {
  expect(formatDetails(passed, { all: false })).toEqual([]);
  expect(formatDetails(failed, { all: false })).toMatchInlineSnapshot(`
    [
      "    gradients 3e-2 > 1e-3  worst of 2 parameters: b",
      "      b 3e-2 > 1e-3",
    ]
  `);
  expect(formatDetails(failed, { all: true })).toHaveLength(4);
});

test('numbers', () => {
  const numbers = [0, 3, 2e-3, 1e-5, 2.14e-7, 1234567, Number.NaN, Infinity];
  expect(numbers.map(formatNumber)).toMatchInlineSnapshot(`
    [
      "0",
      "3",
      "2e-3",
      "1e-5",
      "2.1e-7",
      "1.2e+6",
      "NaN",
      "Infinity",
    ]
  `);
});

test('the last line counts', () => {
  expect(formatSummary([passed, passed, failed, broken, skipped])).toBe(
    '2 passed, 2 failed, 1 skipped',
  );
  expect(formatSummary([])).toBe('0 passed, 0 failed, 0 skipped');
});
