import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, stateFolder } from './paths.mjs';

/** @param {string} folder @returns {string[]} files below it, relative to the root, sorted */
const filesBelow = (folder) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length + 1))
        .sort()
    : [];

/** @returns {string[]} packages/x and apps/y */
const members = () =>
  ['packages', 'apps']
    .flatMap((kind) => filesIn(kind).map((name) => `${kind}/${name}`))
    .filter((path) => existsSync(join(root, path, 'package.json')));

/** @param {string} folder */
const filesIn = (folder) =>
  existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];

/** @param {string[]} files @param {string[]} more */
const hashOf = (files, more = []) => {
  const hash = createHash('sha256');
  for (const file of files) {
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  }
  return hash.update(more.join('\0')).digest('hex');
};

/** What node_modules follows from. */
export const installInputs = () =>
  hashOf(
    [
      'package.json',
      'pnpm-lock.yaml',
      'pnpm-workspace.yaml',
      ...members().map((path) => `${path}/package.json`),
    ],
    [process.platform, process.arch],
  );

/** @param {string} file */
const isBuilt = (file) => !/\.test(-d)?\.ts$|\/fixtures\//.test(file);

/** What dist follows from: sources without tests, and how they are built. */
export const buildInputs = () => {
  const perMember = members().flatMap((path) => [
    `${path}/package.json`,
    ...['tsup.config.ts', 'tsconfig.json'].map((name) => `${path}/${name}`).filter(exists),
    ...filesBelow(`${path}/src`).filter(isBuilt),
  ]);
  const shared = [
    ...filesBelow('tools/tsup-preset'),
    ...filesBelow('tools/tsconfig'),
    'turbo.json',
  ];
  return hashOf([...perMember, ...shared, 'pnpm-lock.yaml'].sort());
};

/** @param {string} file */
const exists = (file) => existsSync(join(root, file));

/** State of every dist file: a deleted or edited one means another build. */
export const buildOutputs = () =>
  members()
    .flatMap((path) => filesBelow(`${path}/dist`))
    .map((file) => {
      const { size, mtimeMs } = statSync(join(root, file));
      return `${file} ${size} ${mtimeMs}`;
    })
    .join('\n');

/** @param {string} name @param {Record<string, string>} state */
export const isStamped = (name, state) => {
  try {
    return readFileSync(join(stateFolder, `${name}.json`), 'utf8') === JSON.stringify(state);
  } catch {
    return false;
  }
};

/** @param {string} name @param {Record<string, string>} state */
export const stamp = (name, state) => {
  mkdirSync(stateFolder, { recursive: true });
  writeFileSync(join(stateFolder, `${name}.json`), JSON.stringify(state));
};
