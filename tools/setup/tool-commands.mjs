import { join } from 'node:path';
import { root } from './paths.mjs';

/** @typedef {import('./child.mjs').CommandLine} CommandLine */

const ENTRIES = {
  biome: ['@biomejs', 'biome', 'bin', 'biome'],
  tsc: ['typescript', 'bin', 'tsc'],
  vitest: ['vitest', 'vitest.mjs'],
};

/**
 * A tool of the root package, by its JavaScript entry: the files in node_modules/.bin differ
 * between systems.
 * @param {keyof typeof ENTRIES} name @param {...string} args @returns {CommandLine}
 */
export const toolCommand = (name, ...args) => [
  process.execPath,
  join(root, 'node_modules', ...ENTRIES[name]),
  ...args,
];

/**
 * A command such as npx: on Windows a .cmd file, which only cmd.exe can start.
 * @param {string} name @param {...string} args @returns {CommandLine}
 */
export const shim = (name, ...args) =>
  process.platform === 'win32'
    ? [process.env.ComSpec ?? 'cmd.exe', '/d', '/c', name, ...args]
    : [name, ...args];
