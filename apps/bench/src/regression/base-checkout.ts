// Another commit of this repository, built in a folder of its own.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ArgumentError } from '@vulpes/tensor-core';
import { errorLine } from '../error-line.ts';
import { git } from '../git.ts';
import { runProcess } from './run-process.ts';

export interface BaseCheckout {
  /** Full hash. */
  readonly commit: string;
  /** Its benchmark's entry file. */
  readonly main: string;
  /** What its benchmark's --help says: tells which options it has. */
  readonly help: string;
  dispose(): void;
}

/**
 * The repository around a folder.
 * @throws ArgumentError outside of a git checkout.
 */
export function repositoryOf(folder: string): string {
  const root = git(folder, 'rev-parse', '--show-toplevel');
  if (root !== null) return root;
  throw new ArgumentError(
    'bench --base: this is no git checkout (the portable folder is none), so there is no other commit to compare with. Run it in a clone.',
  );
}

/** @throws ArgumentError where the repository has no such commit. */
export function commitOf(repository: string, ref: string): string {
  const commit = git(repository, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
  if (commit) return commit;
  throw new ArgumentError(
    `bench --base: this repository has no commit '${ref}'. Name a commit, branch or tag that 'git log' shows.`,
  );
}

/**
 * Clones, installs and builds; takes a minute or two. The repository itself is left as it is.
 * @param stop - ends the build, whose folder is removed
 * @throws ArgumentError where the commit cannot be built, with the line that says why.
 */
export async function checkOutBase(
  repository: string,
  commit: string,
  stop: AbortSignal,
): Promise<BaseCheckout> {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-base-'));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const run = async (command: string, ...args: string[]): Promise<string> => {
      const ended = await runProcess(command, args, { cwd: folder, stop });
      if (ended.code === 0) return ended.stdout;
      throw new ArgumentError(
        `bench --base: commit ${commit.slice(0, 10)} could not be built: ${errorLine(`${ended.stdout}\n${ended.stderr}`)}`,
      );
    };
    await run('git', 'clone', '--quiet', '--shared', '--no-checkout', repository, folder);
    await run('git', 'checkout', '--quiet', '--detach', commit);
    // Its launcher installs and builds what is missing, then prints the help of its benchmark.
    const help = await run(process.execPath, join('tools', 'run.mjs'), 'bench', '--help');
    return { commit, main: join(folder, 'apps', 'bench', 'dist', 'main.js'), help, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The entry file that runs now. @throws ArgumentError where it is not a built one */
export function ownMain(): string {
  const main = process.argv[1] ?? '';
  if (existsSync(join(dirname(main), 'main.js'))) return main;
  throw new ArgumentError(
    `bench --base: expected to run from a built main.js, got ${main}. Start it with npm run bench.`,
  );
}
