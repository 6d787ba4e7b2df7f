// Where tuning tables of this machine are kept.

import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { describeFileError, UsageError } from '@vulpes/cli-kit';
import { fingerprint, type TuningTable } from '@vulpes/tensor-core';
import { encodeTuning } from '@vulpes/training';

interface Machine {
  readonly platform: string;
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** One file for each adapter and version of the kernels, in the user's cache folder. */
export function tuningPath(
  { adapter, kernels }: Pick<TuningTable, 'adapter' | 'kernels'>,
  machine: Machine = { platform: process.platform, home: homedir(), environment: process.env },
): string {
  return join(
    cacheFolder(machine),
    'vulpes',
    'tuning',
    `${fingerprint(`${adapter}|${kernels}`)}.json`,
  );
}

function cacheFolder({ platform, home, environment }: Machine): string {
  if (platform === 'win32') return environment.LOCALAPPDATA || join(home, 'AppData', 'Local');
  if (platform === 'darwin') return join(home, 'Library', 'Caches');
  return environment.XDG_CACHE_HOME || join(home, '.cache');
}

/** @throws UsageError where the file can't be written */
export async function writeTuning(path: string, table: TuningTable): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, encodeTuning(table));
  } catch (error) {
    throw new UsageError(
      `doctor --tune: expected to write ${path}, but ${describeFileError(error)}. Set XDG_CACHE_HOME to a folder that can be written.`,
    );
  }
}
