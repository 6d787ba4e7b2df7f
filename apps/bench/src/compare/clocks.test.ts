// Our clock and the peers' do the same: untimed runs until the warm-up is over, then as many as asked, each with its wait.

import { join } from 'node:path';
import { type Turn, timeOurs } from '@vulpes/bench';
import { createDevice } from '@vulpes/tensor-core';
import { expect, test } from 'vitest';
import type { Work } from './protocol.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const { timeRuns } = (await import(join(root, 'tools', 'yardsticks', 'src', 'timing.mjs'))) as {
  timeRuns: (work: Pick<Work, 'run'>, turn: Turn) => Promise<number[]>;
};

const RUN_MS = 15;

/** Work of 15 ms that counts itself, by either clock. */
const clocks = {
  async ours(turn: Turn) {
    const device = await createDevice({ adapter: 'software' });
    let done = 0;
    const record = (): void => {
      done++;
      const start = performance.now();
      while (performance.now() - start < RUN_MS);
    };
    const samples = await timeOurs(device, { record }, turn);
    device.dispose();
    return { samples, done };
  },
  async theirs(turn: Turn) {
    let done = 0;
    const run = async (): Promise<void> => {
      done++;
      await new Promise((resolve) => setTimeout(resolve, RUN_MS + 2));
    };
    return { samples: await timeRuns({ run }, turn), done };
  },
} as const;

test.each(['ours', 'theirs'] as const)(
  '%s: warm-up is not timed, and takes its time',
  async (of) => {
    const cold = await clocks[of]({ runs: 3, warmMs: 0 });
    expect(cold).toMatchObject({ samples: { length: 3 }, done: 3 });
    for (const ms of cold.samples) expect(ms).toBeGreaterThanOrEqual(RUN_MS);
    const start = performance.now();
    const warm = await clocks[of]({ runs: 2, warmMs: 50 });
    expect(performance.now() - start).toBeGreaterThanOrEqual(50 + 2 * RUN_MS);
    expect(warm.samples).toHaveLength(2);
    expect(warm.done).toBeGreaterThanOrEqual(3);
  },
);
