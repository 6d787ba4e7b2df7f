// What Node knows of the machine and of the code that runs.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostInfo } from '@vulpes/bench';

const sourceFolder = fileURLToPath(new URL('.', import.meta.url));

/** Written into the portable folder, which is no checkout. */
const COMMIT_FILE = 'commit.json';

export function hostInfo(): HostInfo {
  const { commit, isDirty } = carriedCommit() ?? commitOfCheckout();
  return {
    runtime: `node ${process.version}`,
    platform: `${type()} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model ?? null,
    cores: cpus().length,
    commit,
    isDirty,
  };
}

type Commit = Pick<HostInfo, 'commit' | 'isDirty'>;

function carriedCommit(): Commit | null {
  const file = join(sourceFolder, '..', COMMIT_FILE);
  if (!existsSync(file)) return null;
  const { commit, isDirty } = JSON.parse(readFileSync(file, 'utf8')) as Commit;
  return { commit, isDirty };
}

function commitOfCheckout(): Commit {
  const commit = git('rev-parse', 'HEAD');
  const status = commit === null ? null : git('status', '--porcelain');
  return { commit, isDirty: status === null ? null : status !== '' };
}

/** Output of a git command; null where it fails, as outside of a repository. */
function git(...args: string[]): string | null {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', args, { cwd: sourceFolder, encoding: 'utf8', stdio }).trim();
  } catch {
    return null;
  }
}
