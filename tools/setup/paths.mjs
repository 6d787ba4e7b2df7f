import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the workspace, without a slash at the end. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Where set-up keeps what it knows; goes away together with node_modules. */
export const stateFolder = join(root, 'node_modules', '.cache', 'vulpes');

/**
 * The folder in which the user typed the command: npm changes to the root before it runs a
 * script and tells the old one in INIT_CWD. Relative paths in arguments are meant from there.
 */
export const userFolder = (env = process.env, cwd = process.cwd()) => {
  const fromNpm = env.npm_lifecycle_event !== undefined && cwd + sep === root + sep;
  return fromNpm && env.INIT_CWD ? env.INIT_CWD : cwd;
};
