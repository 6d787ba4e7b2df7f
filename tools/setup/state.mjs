// Is this checkout installed and built? From what pnpm keeps, and from times of files.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { root, stateFolder } from './paths.mjs';

const buildFile = join(stateFolder, 'last-build'); // milliseconds at which the build began

/** @param {string} file @returns {string | undefined} */
const readText = (file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

/** pnpm keeps a copy of the lock file that node_modules was made from. */
export const isInstalled = () => {
  const made = readText(join(root, 'node_modules', '.pnpm', 'lock.yaml'));
  return made !== undefined && made === readText(join(root, 'pnpm-lock.yaml'));
};

/** Folders of the packages and apps. */
const members = () =>
  ['packages', 'apps']
    .flatMap((kind) => readdirSync(join(root, kind)).map((name) => join(root, kind, name)))
    .filter((folder) => existsSync(join(folder, 'package.json')));

/** The file or folder, and everything in it. @param {string} path @returns {string[]} */
const withContents = (path) => {
  if (!existsSync(path)) return [];
  if (!lstatSync(path).isDirectory()) return [path];
  const inside = readdirSync(path, { recursive: true, encoding: 'utf8' });
  return [path, ...inside.map((name) => join(path, name))];
};

const buildInputs = () => [
  ...members().flatMap((folder) =>
    ['src', 'package.json', 'tsup.config.ts', 'tsconfig.json'].map((name) => join(folder, name)),
  ),
  ...['tsup-preset', 'tsconfig'].map((name) => join(root, 'tools', name)),
  ...['turbo.json', 'pnpm-lock.yaml'].map((name) => join(root, name)),
];

/** Time of the last change: unlike that of writing, nothing sets it back. @param {string} path */
const changedAt = (path) => lstatSync(path).ctimeMs;

export const isBuilt = () => {
  const startedAt = Number(readText(buildFile) ?? 0);
  if (members().some((folder) => !existsSync(join(folder, 'dist')))) return false;
  return buildInputs()
    .flatMap(withContents)
    .every((path) => changedAt(path) < startedAt);
};

/** @param {number} startedAt milliseconds, before the build */
export const noteBuild = (startedAt) => {
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(buildFile, String(startedAt));
};
