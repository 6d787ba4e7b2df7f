// Where the yardsticks' files are: carried in the portable folder, or in the workspace, where the peers are installed on first use.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FoxError } from '@vulpes/tensor-core';
import { errorLine } from '../error-line.ts';

/** A yardstick that cannot be used, with what to do; one sentence for the user. */
export class YardstickError extends FoxError {
  constructor(message: string, options?: ErrorOptions) {
    super('YardstickError', message, options);
  }
}

function ancestors(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

/** The folder of the yardsticks' files: `yardsticks` beside the bundled apps, else `tools/yardsticks`. */
function yardstickFolder(): { folder: string; isCarried: boolean } {
  for (const ancestor of ancestors(import.meta.dirname)) {
    const carried = join(ancestor, 'yardsticks');
    if (existsSync(join(carried, 'worker.mjs'))) return { folder: carried, isCarried: true };
    const tools = join(ancestor, 'tools', 'yardsticks');
    if (existsSync(join(tools, 'prepare.mjs'))) return { folder: tools, isCarried: false };
  }
  throw new YardstickError(
    'bench --compare: expected the folder tools/yardsticks of the repository, found none. Run it in a checkout or in the portable folder.',
  );
}

/**
 * Folder that holds `worker.mjs` and a file for each JavaScript peer. In a checkout the first call installs them.
 * @throws YardstickError where that fails, as without a network.
 */
export function peerFolder(): string {
  const { folder, isCarried } = yardstickFolder();
  if (isCarried) return folder;
  try {
    const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'];
    const options = { encoding: 'utf8', stdio } as const;
    return execFileSync(process.execPath, [join(folder, 'prepare.mjs')], options).trim();
  } catch (cause) {
    throw new YardstickError(
      `bench --compare: expected to install tfjs and jax-js from the npm registry, which failed (no network?). The portable folder carries them: npm run portable. ${errorLine(String((cause as { stderr?: string }).stderr ?? ''))}`,
      { cause },
    );
  }
}

export const pythonScript = (): string => join(yardstickFolder().folder, 'pytorch_yardstick.py');
