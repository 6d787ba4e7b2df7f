import { stringsOf } from './imports.mjs';
import { packageName } from './rules.mjs';

/** @typedef {import('./workspace.mjs').Member} Member */

/** Packages that the dependencies of a member ask it for. @param {Member[]} members @param {string[]} declared */
const peersOf = (members, declared) =>
  members
    .filter(({ manifest }) => declared.includes(manifest.name))
    .flatMap(({ manifest }) => Object.keys(manifest.peerDependencies ?? {}));

/** Faults of dependencies that no file names and no other dependency asks for. @param {Member[]} members @param {Member} member */
export const unusedFaults = (members, member) => {
  const { dependencies = {}, devDependencies = {} } = member.manifest;
  const declared = Object.keys({ ...dependencies, ...devDependencies });
  const peers = peersOf(members, declared);
  const strings = [...member.files, ...member.setup].flatMap(({ path, text }) =>
    stringsOf(path, text),
  );
  const isNamed = (/** @type {string} */ name) =>
    strings.some((text) => packageName(text) === name || text.includes(`"${name}"`));
  return declared
    .filter((name) => !peers.includes(name) && !isNamed(name))
    .map((name) => `${member.path}/package.json: no file uses ${name}; remove it there`);
};
