// Who runs when, how often, and which way round the ratio is.

import { expect, test } from 'vitest';
import { planTurns, type Turn, takeTurns } from './turns.ts';

/** A runner with a constant time that notes its turns. */
const constant =
  (name: string, ms: number, log: [string, Turn][]) =>
  async (turn: Turn): Promise<number[]> => {
    log.push([name, turn]);
    return Array.from({ length: turn.runs }, () => ms);
  };

test('both are warmed up alike, then take turns; who begins changes', async () => {
  const log: [string, Turn][] = [];
  const settings = { runs: 6, warmMs: 1000 };
  const times = await takeTurns(constant('ours', 5, log), constant('theirs', 30, log), settings);
  const warmUp = { runs: 2, warmMs: 1000 };
  expect(log.slice(0, 2)).toEqual([
    ['ours', warmUp],
    ['theirs', warmUp],
  ]);
  expect(log.slice(2).map(([name]) => name[0])).toEqual([...'ottoottootto']);
  // Short runs begin a turn with some that are not timed; long ones don't need them.
  expect(log[2]).toEqual(['ours', { runs: 1, warmMs: 20 }]);
  expect(log[3]).toEqual(['theirs', { runs: 1, warmMs: 0 }]);
  // The warm-up's own run is not among the timed ones.
  expect(times.ours).toHaveLength(6);
  expect(times.theirs).toHaveLength(6);
});

test('the ratio is their time over ours: above 1 where they are slower', async () => {
  const { ours, theirs, ratio } = await takeTurns(
    constant('ours', 5, []),
    constant('theirs', 30, []),
    { runs: 20, warmMs: 0 },
  );
  expect(ratio).toEqual({ runs: 10, median: 6, p10: 6, p90: 6, min: 6 });
  expect([ours[0], theirs[0]]).toEqual([5, 30]);
  expect([ours.length, theirs.length]).toEqual([20, 20]);
});

test('drift that hits both alike does not reach the ratio', async () => {
  let slowness = 1;
  const drifting = (ms: number) => async (turn: Turn) => {
    slowness *= 1.2;
    return Array.from({ length: turn.runs }, () => ms * slowness);
  };
  const { ratio, ours } = await takeTurns(drifting(4), drifting(8), { runs: 20, warmMs: 0 });
  expect((ours.at(-1) as number) / (ours[0] as number)).toBeGreaterThan(20);
  // The order changes, so the drift within a round is 1.2 in half of them and 1 / 1.2 in the others.
  expect(ratio.median).toBeCloseTo((2 * 1.2 + 2 / 1.2) / 2, 6);
});

test.each([
  // runs, our ms, their ms -> rounds, our runs in a round, theirs
  [20, 5, 30, 10, 2, 2],
  [20, 5, 499, 10, 2, 2],
  [20, 5, 1000, 10, 2, 1],
  [20, 5, 1400, 7, 3, 1],
  [20, 1000, 5, 10, 1, 2],
  [3, 5, 5, 3, 1, 1],
  [1, 5, 5, 1, 1, 1],
])('%i runs of %i and %i ms: %i rounds of %i and %i', (runs, oursMs, theirsMs, ...wanted) => {
  const plan = planTurns({ runs, warmMs: 1000 }, { oursMs, theirsMs });
  expect([plan.rounds, plan.ours.runs, plan.theirs.runs]).toEqual(wanted);
});

test('long runs: five at least', () => {
  const { rounds, ours, theirs } = planTurns({ runs: 20, warmMs: 0 }, { oursMs: 9, theirsMs: 3e4 });
  expect([rounds, theirs.runs]).toEqual([5, 1]);
  expect(ours.runs * rounds).toBeGreaterThanOrEqual(20);
});
