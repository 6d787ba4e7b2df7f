// Several processes try for the lock of a run at the same moments.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface RaceResult {
  /** Rounds in which two had the lock at once. */
  readonly overlaps: number;
  /** Rounds in which nobody had it. */
  readonly empty: number;
  /** Times that it was taken, in all rounds. */
  readonly taken: number;
}

const ROUND_MS = 500;

/** Every other round begins with the lock of a process that is gone. @param script - race-for-lock.ts, bundled */
export async function raceForLock(
  script: string,
  { scratch, processes, rounds }: { scratch: string; processes: number; rounds: number },
): Promise<RaceResult> {
  const folders = Array.from({ length: rounds }, (_, round) => join(scratch, `round-${round}`));
  for (const [round, folder] of folders.entries()) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'log'), '');
    if (round % 2 === 1) writeFileSync(join(folder, 'trainer-999999999-gone.lock'), '');
  }
  const children = Array.from({ length: processes }, (_, i) =>
    spawn(process.execPath, [script, String(i), String(ROUND_MS), ...folders], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  const start = String(Date.now() + 100);
  for (const child of children) child.stdin.write(`${start}\n`);
  await Promise.all(children.map((child) => once(child, 'exit')));
  const logs = folders.map((folder) => readFileSync(join(folder, 'log'), 'utf8'));
  return {
    overlaps: logs.filter((log) => !isInTurns(log)).length,
    empty: logs.filter((log) => log === '').length,
    taken: logs.join('').split('in ').length - 1,
  };
}

/** Whoever goes in comes out before the next one goes in. */
function isInTurns(log: string): boolean {
  const lines = log.split('\n').slice(0, -1);
  return lines.every((line, i) => {
    const [way, name] = line.split(' ');
    return way === (i % 2 === 0 ? 'in' : 'out') && (i % 2 === 0 || lines[i - 1] === `in ${name}`);
  });
}
