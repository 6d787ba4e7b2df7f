// The order of asking and taking.

import { expect, test } from 'vitest';
import { runAhead } from './run-ahead.ts';

/** Asks and takes numbers 0, 1, …; what happened in which order. */
async function run(count: number, depth: number, end = Number.POSITIVE_INFINITY, bad = -1) {
  const events: string[] = [];
  let next = 0;
  const ask = async () => {
    const n = next++;
    events.push(`ask ${n}`);
    await null;
    if (n === bad) throw new Error(`bad ${n}`);
    return n;
  };
  const take = (n: number) => {
    events.push(`take ${n}`);
    return n !== end;
  };
  const result = await runAhead({ count, depth }, ask, take).catch(String);
  return { events, result };
}

test('one at a time waits for each', async () => {
  const { events, result } = await run(2, 1);
  expect(events).toEqual(['ask 0', 'take 0', 'ask 1', 'take 1']);
  expect(result).toBe(true);
  expect(await run(0, 3)).toEqual({ events: [], result: true });
});

test('keeps as many on their way as it may, and takes in order', async () => {
  const { events } = await run(5, 3);
  expect(events.slice(0, 5)).toEqual(['ask 0', 'ask 1', 'ask 2', 'take 0', 'ask 3']);
  expect(events.filter((event) => event.startsWith('take'))).toEqual(
    [0, 1, 2, 3, 4].map((n) => `take ${n}`),
  );
});

test('drops what is on its way when told to end, and no more is asked for', async () => {
  const { events, result } = await run(9, 3, 1);
  expect(events.at(-1)).toBe('take 1');
  expect(events.filter((event) => event.startsWith('ask'))).toHaveLength(4);
  expect(result).toBe(false);
});

test('throws in turn, not before what came first was taken; a failure that nobody waits for is dropped', async () => {
  const { events, result } = await run(9, 3, undefined, 2);
  expect(events.filter((event) => event.startsWith('take'))).toEqual(['take 0', 'take 1']);
  expect(result).toBe('Error: bad 2');
  expect((await run(9, 3, 0, 2)).result).toBe(false);
});
