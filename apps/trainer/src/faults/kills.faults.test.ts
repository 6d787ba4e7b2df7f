// Two hundred kills of the real command line, and not one number changes.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from '@vulpes/cli-kit/testing';
import { expect, onTestFinished, test } from 'vitest';
import { killRuns } from './kill-runs.ts';
import { TinyTrainer } from './tiny-trainer.ts';

const KILLS = Number(process.env.FOX_KILLS ?? 200);
const HOURS = 3_600_000;

test(
  `${KILLS} kills at moments by chance: each run ends as if nobody had disturbed it`,
  async () => {
    const bundle = await bundleCli(join(import.meta.dirname, '../..'));
    onTestFinished(() => bundle.remove());
    const scratch = await mkdtemp(join(tmpdir(), 'vulpes-kills-'));
    onTestFinished(() => rm(scratch, { recursive: true, force: true }));
    const trainer = await TinyTrainer.create(bundle.script, scratch);
    const { kills, runs, problems } = await killRuns(trainer, { kills: KILLS, parallel: 2 });
    console.log(`${JSON.stringify(kills)} over ${runs} runs, ${problems.length} problems`);
    expect(problems).toEqual([]);
    expect(kills.total).toBeGreaterThanOrEqual(KILLS); // two at once may make one more
    if (KILLS >= 100) expect(kills.writing).toBeGreaterThan(KILLS / 10);
  },
  3 * HOURS,
);
