import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../layers/workspace.mjs';
import { runTool } from '../setup/child.mjs';
import { root } from '../setup/paths.mjs';
import { pnpm, toolEnv } from '../setup/pnpm.mjs';

/** @typedef {import('../layers/workspace.mjs').Manifest} Manifest */
/** @typedef {{ name: string, file: string, manifest: Manifest }} Tarball */

/** What is published. @returns {{ folder: string, manifest: Manifest }[]} */
export const publicPackages = () =>
  readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .map((folder) => ({ folder, manifest: readManifest(join(folder, 'package.json')) }))
    .filter(({ manifest }) => !manifest.private);

/** One tarball for each public package, in `folder`. @param {string} folder @returns {Promise<Tarball[]>} */
export const packAll = async (folder) => {
  mkdirSync(folder, { recursive: true });
  const filter = ['--filter', './packages/*'];
  const command = await pnpm('-r', ...filter, 'pack', '--pack-destination', folder);
  const { code, output } = await runTool(command, { cwd: root, env: toolEnv() });
  if (code !== 0) throw new Error(`pnpm pack failed:\n${output}`);
  const files = readdirSync(folder);
  return publicPackages().map(({ manifest }) => {
    const start = `${manifest.name.slice(1).replace('/', '-')}-`;
    const file = files.find((candidate) => candidate.startsWith(start));
    if (!file) throw new Error(`pnpm pack made no tarball of ${manifest.name}`);
    return { name: manifest.name, file: join(folder, file), manifest };
  });
};
