// Another commit of this repository, built in a folder of its own.

import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ArgumentError } from '@vulpes/tensor-core';

export interface BaseCheckout {
  readonly folder: string;
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
 * @throws ArgumentError where the commit cannot be built, with the end of what its setup printed.
 */
export function checkOutBase(repository: string, commit: string): BaseCheckout {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-base-'));
  const dispose = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    run(repository, 'git', ['clone', '--quiet', '--shared', '--no-checkout', repository, folder]);
    run(folder, 'git', ['checkout', '--quiet', '--detach', commit]);
    // Its launcher installs and builds what is missing, then prints the help of its benchmark.
    const help = run(folder, process.execPath, [join('tools', 'run.mjs'), 'bench', '--help']);
    return {
      folder,
      commit,
      main: join(folder, 'apps', 'bench', 'dist', 'main.js'),
      help,
      dispose,
    };
  } catch (error) {
    dispose();
    throw new ArgumentError(
      `bench --base: commit ${commit.slice(0, 10)} could not be built: ${lastLine(error)}`,
      { cause: error },
    );
  }
}

/** Variables of npm tell its launcher where the user is: here, that is the base's folder. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$)/.test(name));
  return Object.fromEntries(own);
}

function run(cwd: string, command: string, args: readonly string[]): string {
  return execFileSync(command, args, { ...CHILD, cwd, env: childEnvironment() });
}

const CHILD: ExecFileSyncOptionsWithStringEncoding = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'pipe'],
  maxBuffer: 2 ** 26,
};

function git(folder: string, ...args: string[]): string | null {
  try {
    return execFileSync('git', args, { ...CHILD, cwd: folder }).trim();
  } catch {
    return null;
  }
}

function lastLine(error: unknown): string {
  const { stderr = '', stdout = '', message = '' } = error as Record<string, string | undefined>;
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  return lines.at(-1)?.trim() ?? message;
}

/** The entry file that runs now. @throws ArgumentError where it is not a built one */
export function ownMain(): string {
  const main = process.argv[1] ?? '';
  if (existsSync(join(dirname(main), 'main.js'))) return main;
  throw new ArgumentError(
    `bench --base: expected to run from a built main.js, got ${main}. Start it with npm run bench.`,
  );
}
