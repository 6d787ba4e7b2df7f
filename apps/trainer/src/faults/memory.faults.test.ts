// Two thousand steps, and the process is no larger than after five hundred.

import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from '@vulpes/cli-kit/testing';
import { expect, onTestFinished, test } from 'vitest';
import { TinyTrainer } from './tiny-trainer.ts';

const STEPS = 2000;
/** Collections come when they come. */
const NOISE_MIB = 24;

test.skipIf(process.platform !== 'linux')(
  `memory stays where it was over ${STEPS} steps with 200 checkpoints`,
  async () => {
    const bundle = await bundleCli(join(import.meta.dirname, '../..'));
    onTestFinished(() => bundle.remove());
    const scratch = await mkdtemp(join(tmpdir(), 'vulpes-memory-'));
    onTestFinished(() => rm(scratch, { recursive: true, force: true }));
    const trainer = await TinyTrainer.create(bundle.script, scratch);
    const out = join(scratch, 'run');
    const args = trainer.newRun(out).map((word, i, all) => {
      if (all[i - 1] === '--steps') return String(STEPS);
      return all[i - 1] === '--checkpoint-every' ? '10' : word;
    });
    const { child, ended } = trainer.start(args);
    const marks: number[] = [];
    child.stdout?.on('data', (part: string) => {
      for (const [, step] of part.matchAll(/^step (\d+)\//gm)) {
        if (Number(step) >= ((marks.length + 1) * STEPS) / 20) marks.push(residentMib(child.pid));
      }
    });
    const { code, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    console.log(`MiB at each twentieth of ${STEPS} steps: ${marks.join(' ')}`);
    expect(marks.length).toBeGreaterThan(15);
    const [early, late] = [marks.slice(4, 9), marks.slice(-5)].map(median) as [number, number];
    expect(late - early).toBeLessThan(NOISE_MIB);
  },
  3_600_000,
);

function residentMib(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number;
