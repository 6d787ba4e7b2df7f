import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the workspace, without a separator at the end. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Locks and the time of the last build; git ignores it. */
export const stateFolder = join(root, '.cache');

/**
 * The folder in which the user typed the command: npm changes to the root before it runs a
 * script, and has the former folder in INIT_CWD. Relative paths in arguments start there.
 */
export const userFolder = (env = process.env, cwd = process.cwd()) => {
  const fromNpm = env.npm_lifecycle_event !== undefined && cwd + sep === root + sep;
  return fromNpm && env.INIT_CWD ? env.INIT_CWD : cwd;
};
