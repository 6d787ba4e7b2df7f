// What Node knows of the machine and of the code that runs.

import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { HostInfo } from '@vulpes/bench';

const sourceFolder = fileURLToPath(new URL('.', import.meta.url));

export function hostInfo(): HostInfo {
  const commit = git('rev-parse', 'HEAD');
  const status = commit === null ? null : git('status', '--porcelain');
  return {
    runtime: `node ${process.version}`,
    platform: `${type()} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model ?? null,
    cores: cpus().length,
    memoryBytes: totalmem(),
    commit,
    isDirty: status === null ? null : status !== '',
  };
}

/** Output of a git command on this repository; null outside of one. */
function git(...args: string[]): string | null {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', args, { cwd: sourceFolder, encoding: 'utf8', stdio }).trim();
  } catch {
    return null;
  }
}
