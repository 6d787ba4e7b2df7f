// Who a process is, beyond its id: ids are used again, after a restart and above all in containers.
import { readFileSync } from 'node:fs';

/** @param {number} pid */
const doesAnswer = (pid) => {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'; // someone else's
  }
};

/**
 * The boot and the clock tick that a process began at; 'any' where the system doesn't tell.
 * @param {number} pid
 */
export const birthOf = (pid) => {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // After the name, which stands in brackets and may hold anything: state, then 18 fields, then the tick.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const hasEnded = fields[0] === 'Z' || fields[0] === 'X';
    return hasEnded ? 'ended' : `${boot}${Number(fields[19]).toString(36)}`;
  } catch {
    return 'any';
  }
};

/**
 * Doubt counts as alive. A process that has ended, and waits for its parent to notice, is gone.
 * @param {number} pid @param {string} birth
 */
export const isAlive = (pid, birth) => {
  if (!Number.isSafeInteger(pid) || pid <= 0 || !doesAnswer(pid)) return false;
  const found = birthOf(pid);
  return found === 'any' || birth === 'any' || found === birth;
};
