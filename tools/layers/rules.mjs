import { posix } from 'node:path';
import { importsOf } from './imports.mjs';

/**
 * @typedef {import('./workspace.mjs').Member} Member
 * @typedef {import('./imports.mjs').Import} Import
 * @typedef {{
 *   packages: Record<string, string[]>,
 *   onlyByDynamicImport: Record<string, string[]>,
 *   nodeModulesAllowedIn: string[],
 *   installedForTheirFiles: string[],
 * }} Layers
 * @typedef {{ layers: Layers, members: Member[], rootDevDependencies: string[] }} Context
 */

const SCOPE = '@vulpes/';

/** Files that are never published, or only for tests. @param {string} path */
const isForTests = (path) => /\.(test|test-d|suite)\.ts$|\/fixtures\/|\/testing\//.test(path);

/** @param {string} specifier */
export const packageName = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** @param {Context} context @param {Member} member @returns {string[]} folders below it */
const allowedBelow = ({ layers }, member) =>
  member.kind === 'apps' ? Object.keys(layers.packages) : (layers.packages[member.folder] ?? []);

/** @param {Context} context @param {Member} member @param {Import} found @returns {string | null} */
const internalFault = (context, member, { specifier, kind }) => {
  const name = packageName(specifier);
  const target = context.members.find(({ manifest }) => manifest.name === name);
  if (!target) return `there is no package ${name}`;
  if (target.kind === 'apps') return 'nobody imports an app';
  const entry = `.${specifier.slice(name.length)}`;
  if (!(entry in (target.manifest.exports ?? {}))) return `${name} does not export ${entry}`;
  if (allowedBelow(context, member).includes(target.folder)) return null;
  const dynamic = context.layers.onlyByDynamicImport[member.folder] ?? [];
  if (member.kind === 'packages' && dynamic.includes(target.folder)) {
    return kind === 'value' ? `${name} is optional here: use import()` : null;
  }
  return `${member.folder} may not import ${target.folder} (tools/layers.json)`;
};

/** @param {Context} context @param {Member} member @param {string} path @param {string} name */
const isDeclared = (context, member, path, name) => {
  const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = member.manifest;
  if (name in dependencies || name in peerDependencies) return true;
  return (
    isForTests(path) && (name in devDependencies || context.rootDevDependencies.includes(name))
  );
};

/** @param {Context} context @param {Member} member @param {string} path @param {Import} found */
const bareFault = (context, member, path, found) => {
  const { specifier } = found;
  const name = packageName(specifier);
  if (specifier.startsWith('#')) return null;
  if (specifier.startsWith('node:')) {
    const allowed = context.layers.nodeModulesAllowedIn.some((start) => path.startsWith(start));
    return allowed || isForTests(path) ? null : 'this file also runs in browsers: no node: modules';
  }
  if (context.layers.installedForTheirFiles.includes(name)) return `${name} is here for its files`;
  if (!isDeclared(context, member, path, name))
    return `${name} is not in ${member.path}/package.json`;
  return specifier.startsWith(SCOPE) ? internalFault(context, member, found) : null;
};

/** @param {Member} member @param {string} path @param {string} specifier */
const relativeFault = (member, path, specifier) =>
  posix.join(posix.dirname(path), specifier).startsWith(`${member.path}/src/`)
    ? null
    : `leaves ${member.path}/src`;

/** Faults of every import in one package or app. @param {Context} context @param {Member} member */
const importFaults = (context, member) =>
  member.files.flatMap(({ path, text }) =>
    importsOf(path, text).flatMap((found) => {
      const fault = found.specifier.startsWith('.')
        ? relativeFault(member, path, found.specifier)
        : bareFault(context, member, path, found);
      return fault ? [`${path}:${found.line}: '${found.specifier}': ${fault}`] : [];
    }),
  );

/** Faults of what package.json declares. @param {Context} context @param {Member} member */
const manifestFaults = (context, member) => {
  const { dependencies = {}, peerDependencies = {} } = member.manifest;
  const optional = context.layers.onlyByDynamicImport[member.folder] ?? [];
  const allowed = [
    ...allowedBelow(context, member),
    ...(member.kind === 'packages' ? optional : []),
  ].map((folder) => SCOPE + folder);
  return Object.keys({ ...dependencies, ...peerDependencies })
    .filter((name) => name.startsWith(SCOPE) && !allowed.includes(name))
    .map((name) => `${member.path}/package.json: may not depend on ${name} (tools/layers.json)`);
};

/** The rules themselves: every package listed, and each only over ones listed before it. @param {Context} context */
const ruleFaults = ({ layers, members }) => {
  const order = Object.keys(layers.packages);
  const unlisted = members
    .filter(({ kind, folder }) => kind === 'packages' && !order.includes(folder))
    .map(({ folder }) => `tools/layers.json: packages/${folder} is not listed`);
  const upward = order.flatMap((name, at) =>
    (layers.packages[name] ?? [])
      .filter((below) => !order.slice(0, at).includes(below))
      .map((below) => `tools/layers.json: ${name} is listed before ${below}, which it imports`),
  );
  return [...unlisted, ...upward];
};

/** Everything that is wrong with the imports of the workspace, one line each. @param {Context} context */
export const layerFaults = (context) => [
  ...ruleFaults(context),
  ...context.members.flatMap((member) => [
    ...manifestFaults(context, member),
    ...importFaults(context, member),
  ]),
];
