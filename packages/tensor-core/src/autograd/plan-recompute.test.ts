// Which ops run again: only those whose results somebody reads, and of those that are kept none.

import { expect, test } from 'vitest';
import { type PlannedCall, planRecompute } from './plan-recompute.ts';

// norm (1 → 2, saves 1 and its own 3) → linear (2, weight 9 → 4) → act (4 → 5) → linear (5, weight 10 → 6) → add (1, 6 → 7)
const chain = (keptNames: readonly string[]): PlannedCall[] =>
  [
    { name: 'norm', inputs: [1], outputs: [2], saved: [1, 3] },
    { name: 'linear', inputs: [2, 9], outputs: [4], saved: [2, 9] },
    { name: 'act', inputs: [4], outputs: [5], saved: [4] },
    { name: 'linear', inputs: [5, 10], outputs: [6], saved: [5, 10] },
    { name: 'add', inputs: [1, 6], outputs: [7], saved: [] },
  ].map(({ name, ...call }) => ({ ...call, isKept: keptNames.includes(name) }));

test('nothing kept: inputs and parameters stay; the last product and the sum need not run again', () => {
  const { reruns, kept, uses } = planRecompute(chain([]));
  expect(reruns).toEqual([0, 1, 2]);
  expect([...kept].sort((a, b) => a - b)).toEqual([1, 9, 10]);
  expect(Object.fromEntries(uses)).toEqual({ 1: 2, 2: 2, 3: 1, 4: 2, 5: 1, 9: 2, 10: 1 });
});

test('kept products: of their outputs only those stay that are read', () => {
  const { reruns, kept } = planRecompute(chain(['linear']));
  expect(reruns).toEqual([0, 2]);
  expect([...kept].sort((a, b) => a - b)).toEqual([1, 4, 9, 10]);
});

test('everything kept is the plain tape: what backward reads', () => {
  const { reruns, kept } = planRecompute(chain(['norm', 'linear', 'act', 'add']));
  expect(reruns).toEqual([]);
  expect([...kept].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 9, 10]);
});
