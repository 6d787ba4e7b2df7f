// Child processes end with this one, however it ends, and whoever started them: Node tells of each.

import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';

const children = new Set<ChildProcess>();
subscribe('child_process', (message) => {
  const { process: child } = message as { process: ChildProcess };
  children.add(child);
  child.once('exit', () => children.delete(child));
});

/** At once: one that hangs does not see that we are gone. */
export function endChildren(): void {
  for (const child of children) child.kill('SIGKILL');
}

process.once('exit', endChildren);
