// A process that tries for a run's lock at one moment in each round: tests start several and compare who had it.

import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { RunLock } from '../run-lock.ts';

const [name = '', roundMs = '', ...folders] = process.argv.slice(2);
const HOLD_MS = 3;

/** To the microsecond: all processes leave it together. */
function spinUntil(time: number): void {
  while (performance.timeOrigin + performance.now() < time);
}

process.stdout.write('ready\n');
const [first] = await new Promise<string[]>((resolve) => {
  process.stdin.once('data', (text) => resolve(String(text).trim().split(' ')));
});

for (const [round, folder] of folders.entries()) {
  const start = Number(first) + round * Number(roundMs);
  await wait(Math.max(0, start - Date.now() - 5));
  spinUntil(start);
  const lock = new RunLock();
  try {
    await lock.take(folder);
  } catch {
    continue;
  }
  appendFileSync(`${folder}/log`, `in ${name}\n`);
  await wait(HOLD_MS);
  appendFileSync(`${folder}/log`, `out ${name}\n`);
  await lock.release();
}
process.stdin.destroy();
