// Six processes try for the lock of a run at the same moments, a hundred times.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from '@vulpes/cli-kit/testing';
import { expect, onTestFinished, test } from 'vitest';
import { raceForLock } from '../testing/lock-race.ts';

const ROUNDS = 100;

test(`six processes, ${ROUNDS} rounds, half of them with the lock of a dead process: never two at once`, async () => {
  const app = join(import.meta.dirname, '../..');
  const bundle = await bundleCli(app, 'src/testing/race-for-lock.ts');
  onTestFinished(() => bundle.remove());
  const scratch = await mkdtemp(join(tmpdir(), 'vulpes-race-'));
  onTestFinished(() => rm(scratch, { recursive: true, force: true }));
  const result = await raceForLock(bundle.script, { scratch, processes: 6, rounds: ROUNDS });
  console.log(JSON.stringify(result));
  expect(result).toEqual({ overlaps: 0, empty: 0, taken: expect.any(Number) });
}, 600_000);
