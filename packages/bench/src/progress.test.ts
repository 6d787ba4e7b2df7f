import { expect, test } from 'vitest';
import { leftByBudget, leftByCases } from './progress.ts';

test('as long for each case as those that ended took', () => {
  expect(leftByCases({ casesDone: 2, casesLeft: 3, casesMs: 100 })).toBe(150);
  expect(leftByCases({ casesDone: 0, casesLeft: 3, casesMs: 100 })).toBeNull();
});

test('with a budget the cases that fit, in their order', () => {
  expect(leftByBudget([10, 20, 30], 100)).toBe(60);
  expect(leftByBudget([10, 50, 30], 45)).toBe(40);
  expect(leftByBudget([10], -5)).toBe(0);
});
