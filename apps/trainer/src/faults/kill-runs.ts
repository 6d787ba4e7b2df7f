// Runs that are killed without warning at moments by chance, resumed, killed again, and compared with a run that nobody disturbed.

import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CounterRng } from '@vulpes/tensor-core';
import { differences, fingerprint, printedBy, type TinyTrainer } from './tiny-trainer.ts';

/** What a kill left behind: where in its work it hit. */
export interface KillCounts {
  total: number;
  /** Before anything of this start was written. */
  starting: number;
  /** In a checkpoint that was being written. */
  writing: number;
  /** In one that was being deleted. */
  deleting: number;
  /** In a line of the metrics log, or another small file. */
  tornFile: number;
  /** Between writes: in a step. */
  stepping: number;
}

export interface KillReport {
  readonly kills: KillCounts;
  readonly runs: number;
  /** Names of what differs from the undisturbed run, or what a resumed run said: none, if all is well. */
  readonly problems: string[];
}

const KILLS_A_RUN = 5;

export async function killRuns(
  trainer: TinyTrainer,
  { kills, parallel, seed = 1 }: { kills: number; parallel: number; seed?: number },
): Promise<KillReport> {
  const whole = join(trainer.scratch, 'whole');
  const ended = await trainer.run(trainer.newRun(whole));
  if (ended.code !== 0) throw new Error(`the undisturbed run failed: ${ended.stderr}`);
  const expected = await fingerprint(whole);
  const counts: KillCounts = {
    ...{ total: 0, starting: 0, writing: 0, deleting: 0, tornFile: 0, stepping: 0 },
  };
  const problems: string[] = [];
  let runs = 0;
  const work = async (): Promise<void> => {
    while (counts.total < kills) {
      const run = join(trainer.scratch, `killed-${runs++}`);
      const rng = new CounterRng(seed, runs);
      const problem = await killOne(trainer, run, { rng, counts, kills });
      if (problem) problems.push(`${run}: ${problem}`);
      else
        problems.push(...differences(expected, await fingerprint(run)).map((d) => `${run}: ${d}`));
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return { kills: counts, runs, problems };
}

/** @returns what went wrong, or null */
async function killOne(
  trainer: TinyTrainer,
  run: string,
  { rng, counts, kills }: { rng: CounterRng; counts: KillCounts; kills: number },
): Promise<string | null> {
  for (let n = 0; n < KILLS_A_RUN && counts.total < kills; n++) {
    const isBegun = existsSync(join(run, 'run.json'));
    const { child, ended } = trainer.start(isBegun ? trainer.resume(run) : trainer.newRun(run));
    const uniform = () => (rng.at(n * 2 + 1) >>> 8) / 2 ** 24;
    const kind = rng.at(n * 2) % 8;
    if (kind === 0) await wait(3000 * uniform());
    else if (kind < 4 && (await printedBy(child, 'step '))) await wait(1500 * uniform());
    else await inWrite(run, kind < 6 ? '.writing-' : '.deleting-', { child, skip: rng.at(n) % 12 });
    child.kill('SIGKILL');
    const { code, signal, stdout, stderr } = await ended;
    if (signal === null && code !== 0) return stderr;
    if (signal !== 'SIGKILL') continue; // it was done before
    counts.total += 1;
    counts[await whereItHit(run, stdout)] += 1;
  }
  if (!existsSync(join(run, 'run.json'))) return finish(trainer, trainer.newRun(run));
  return finish(trainer, trainer.resume(run));
}

async function finish(trainer: TinyTrainer, args: readonly string[]): Promise<string | null> {
  const { code, stderr } = await trainer.run(args);
  return code === 0 && stderr === '' ? null : stderr;
}

/** Waits until the folder of checkpoints holds a name that begins so, for the n-th time. */
async function inWrite(
  run: string,
  start: string,
  { child, skip }: { child: ChildProcess; skip: number },
): Promise<void> {
  const folder = join(run, 'checkpoints');
  let left = skip;
  let wasThere = false;
  while (child.exitCode === null) {
    const isThere = (await readdir(folder).catch(() => [])).some((name) => name.startsWith(start));
    if (isThere && !wasThere && left-- <= 0) return;
    wasThere = isThere;
    await new Promise(setImmediate);
  }
}

async function whereItHit(
  run: string,
  stdout: string,
): Promise<Exclude<keyof KillCounts, 'total'>> {
  const names = await readdir(join(run, 'checkpoints')).catch(() => []);
  if (names.some((name) => name.startsWith('.writing-'))) return 'writing';
  if (names.some((name) => name.startsWith('.deleting-'))) return 'deleting';
  const log = await readFile(join(run, 'metrics.jsonl'), 'utf8').catch(() => '');
  const others = await readdir(run).catch(() => []);
  if (!(log === '' || log.endsWith('\n')) || others.some((name) => name.endsWith('.writing')))
    return 'tornFile';
  return stdout.includes('step ') ? 'stepping' : 'starting';
}
