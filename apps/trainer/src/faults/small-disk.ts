// A disk of a few megabytes, for tests that fill it or make it read-only. It takes Linux and root.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';

export interface SmallDisk {
  resize(bytes: number): void;
  setReadOnly(isReadOnly: boolean): void;
  remove(): void;
}

/** null where this machine lets nobody mount one. */
export function makeSmallDisk(folder: string, bytes: number): SmallDisk | null {
  const mount = (...args: string[]) => void execFileSync('mount', args, { stdio: 'pipe' });
  mkdirSync(folder, { recursive: true });
  try {
    mount('-t', 'tmpfs', '-o', `size=${bytes}`, 'vulpes-test', folder);
  } catch {
    rmSync(folder, { recursive: true });
    return null;
  }
  return {
    resize: (size) => mount('-o', `remount,size=${size}`, folder),
    setReadOnly: (isReadOnly) => mount('-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, folder),
    remove: () => void execFileSync('umount', ['-l', folder]),
  };
}
