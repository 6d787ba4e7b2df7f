// Where the scripts of the baselines are: in the portable folder, or in the workspace, where the libraries are installed on first use.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FoxError } from '@vulpes/tensor-core';
import { errorLine } from '../error-line.ts';

/** A baseline that cannot be used, with what to do; one sentence for the user. */
export class BaselineError extends FoxError {
  constructor(message: string, options?: ErrorOptions) {
    super('BaselineError', message, options);
  }
}

const listAncestors = (folder: string): string[] =>
  dirname(folder) === folder ? [folder] : [folder, ...listAncestors(dirname(folder))];

/** `comparisons` beside the bundled apps, else `tools/comparisons`. */
function findFolder(): { folder: string; isBundled: boolean } {
  for (const ancestor of listAncestors(import.meta.dirname)) {
    const bundled = join(ancestor, 'comparisons');
    if (existsSync(join(bundled, 'tfjs.mjs'))) return { folder: bundled, isBundled: true };
    const tools = join(ancestor, 'tools', 'comparisons');
    if (existsSync(join(tools, 'prepare.mjs'))) return { folder: tools, isBundled: false };
  }
  throw new BaselineError(
    'bench --compare: expected the folder tools/comparisons of the repository, found none. Run it in a checkout or in the portable folder.',
  );
}

/**
 * Folder that has `tfjs.mjs` and `jax-js.mjs`. In a checkout the first call installs the libraries.
 * @throws BaselineError where that fails, as without a network
 */
export function prepareFolder(): string {
  const { folder, isBundled } = findFolder();
  if (isBundled) return folder;
  try {
    const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'];
    const options = { encoding: 'utf8', stdio } as const;
    return execFileSync(process.execPath, [join(folder, 'prepare.mjs')], options).trim();
  } catch (cause) {
    throw new BaselineError(
      `bench --compare: expected to install tfjs and jax-js from the npm registry, which failed (no network?). The portable folder has them: npm run portable. ${errorLine(String((cause as { stderr?: string }).stderr ?? ''))}`,
      { cause },
    );
  }
}

export const findPythonScript = (): string => join(findFolder().folder, 'pytorch.py');
