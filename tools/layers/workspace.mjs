import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {Record<string, string>} Dependencies
 * @typedef {{
 *   name: string,
 *   private?: boolean,
 *   exports?: Record<string, unknown>,
 *   dependencies?: Dependencies,
 *   peerDependencies?: Dependencies,
 *   devDependencies?: Dependencies,
 * }} Manifest
 * @typedef {{
 *   kind: 'packages' | 'apps',
 *   folder: string,
 *   path: string,
 *   manifest: Manifest,
 *   files: { path: string, text: string }[],
 *   setup: { path: string, text: string }[],
 * }} Member
 */

/** @param {string} name */
const isSource = (name) => /\.(ts|mts|tsx|mjs|js)$/.test(name);

/** @param {string} root @param {string} folder @returns {string[]} */
const sourceFiles = (root, folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(isSource)
    .map((name) => `${folder}/${name}`)
    .sort();

/** @param {string} file @returns {Manifest} */
export const readManifest = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Every package and app with its sources and the set-up files beside its package.json; paths are relative to the root. @param {string} root */
export const readWorkspace = (root) => {
  /** @type {Member[]} */
  const members = [];
  for (const kind of /** @type {const} */ (['packages', 'apps'])) {
    for (const folder of readdirSync(join(root, kind)).sort()) {
      const path = `${kind}/${folder}`;
      if (!existsSync(join(root, path, 'package.json'))) continue;
      const manifest = readManifest(join(root, path, 'package.json'));
      const read = (/** @type {string} */ file) => ({
        path: file,
        text: readFileSync(join(root, file), 'utf8'),
      });
      const files = sourceFiles(root, `${path}/src`).map(read);
      const setup = readdirSync(join(root, path))
        .filter((name) => isSource(name))
        .map((name) => read(`${path}/${name}`));
      members.push({ kind, folder, path, manifest, files, setup });
    }
  }
  return members;
};
