import { expect, test } from 'vitest';
import { roundsFor } from './rounds.ts';

test('fewer runs only where one is long', () => {
  const settings = { runs: 20, warmSeconds: 1, longRunMs: 500 };
  expect(roundsFor(settings, 500)).toBe(20);
  expect(roundsFor(settings, 1000)).toBe(10);
  expect(roundsFor(settings, 2500)).toBe(5);
  expect(roundsFor(settings, 60_000)).toBe(5);
  expect(roundsFor({ ...settings, runs: 2 }, 60_000)).toBe(2);
});
