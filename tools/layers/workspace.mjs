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
 * }} Member
 */

/** @param {string} root @param {string} folder @returns {string[]} */
const sourceFiles = (root, folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(ts|mts|tsx|mjs|js)$/.test(name))
    .map((name) => `${folder}/${name}`)
    .sort();

/** @param {string} file @returns {Manifest} */
export const readManifest = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Every package and app with its sources; paths are relative to the root. @param {string} root */
export const readWorkspace = (root) => {
  /** @type {Member[]} */
  const members = [];
  for (const kind of /** @type {const} */ (['packages', 'apps'])) {
    for (const folder of readdirSync(join(root, kind)).sort()) {
      const path = `${kind}/${folder}`;
      if (!existsSync(join(root, path, 'package.json'))) continue;
      const manifest = readManifest(join(root, path, 'package.json'));
      const files = sourceFiles(root, `${path}/src`).map((file) => ({
        path: file,
        text: readFileSync(join(root, file), 'utf8'),
      }));
      members.push({ kind, folder, path, manifest, files });
    }
  }
  return members;
};
