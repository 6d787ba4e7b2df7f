import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../layers/workspace.mjs';
import { runTool } from '../setup/child.mjs';
import { root } from '../setup/paths.mjs';
import { pnpm, toolEnv } from '../setup/pnpm.mjs';

/** @typedef {{ name: string, file: string, manifest: import('../layers/workspace.mjs').Manifest }} Tarball */

/** One tarball for each public package, in `folder`. @param {string} folder @returns {Promise<Tarball[]>} */
export const packAll = async (folder) => {
  mkdirSync(folder, { recursive: true });
  const command = await pnpm(
    '-r',
    '--filter',
    './packages/*',
    'pack',
    '--pack-destination',
    folder,
  );
  const { code, output } = await runTool(command, { cwd: root, env: toolEnv() });
  if (code !== 0) throw new Error(`pnpm pack failed:\n${output}`);
  const files = readdirSync(folder);
  return readdirSync(join(root, 'packages')).flatMap((name) => {
    const manifest = readManifest(join(root, 'packages', name, 'package.json'));
    if (manifest.private) return [];
    const file = files.find((candidate) => candidate.startsWith(`vulpes-${name}-`));
    if (!file) throw new Error(`pnpm pack made no tarball of packages/${name}`);
    return { name: `@vulpes/${name}`, file: join(folder, file), manifest };
  });
};
