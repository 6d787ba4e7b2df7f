// Who a process is, beyond its id: ids are used again, after a restart and above all in containers.

import { readFileSync } from 'node:fs';

/** Stands for the birth of this process where the system doesn't tell it. */
const chance = Math.floor(Math.random() * 2 ** 40).toString(36);

export interface ProcessIdentity {
  readonly pid: number;
  /** The boot and the clock tick that the process began at. */
  readonly birth: string;
}

export const identify = (pid: number): ProcessIdentity => ({
  pid,
  birth: readBirth(pid) ?? chance,
});

export const ownIdentity = (): ProcessIdentity => identify(process.pid);

/** Doubt counts as alive. A process that has ended, and waits for its parent to notice, is gone. */
export function isAlive({ pid, birth }: ProcessIdentity): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  if (!doesAnswer(pid)) return false;
  const found = readBirth(pid);
  return found === null || found === birth;
}

function doesAnswer(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // someone else's
  }
}

/** null where the system doesn't tell: Linux does. */
function readBirth(pid: number): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // After the name, which stands in brackets and may hold anything: state, then 18 fields, then the tick.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const hasEnded = fields[0] === 'Z' || fields[0] === 'X';
    return hasEnded ? 'ended' : `${boot}${Number(fields[19]).toString(36)}`;
  } catch {
    return null;
  }
}
