// What git says of a folder.

import { execFileSync } from 'node:child_process';

/** Output of a git command; null where it fails, as outside of a repository. */
export function git(folder: string, ...args: string[]): string | null {
  try {
    const stdio = ['ignore', 'pipe', 'ignore'] as ['ignore', 'pipe', 'ignore'];
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio }).trim();
  } catch {
    return null;
  }
}
