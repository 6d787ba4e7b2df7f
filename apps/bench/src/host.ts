// What Node knows of the machine and of the code that runs.

import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostInfo } from '@vulpes/bench';
import { git } from './git.ts';

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
    memoryBytes: totalmem(),
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
  const commit = git(sourceFolder, 'rev-parse', 'HEAD');
  const status = commit === null ? null : git(sourceFolder, 'status', '--porcelain');
  return { commit, isDirty: status === null ? null : status !== '' };
}
