// Bundles the command line from source, so that tests can run it in a process of its own.

import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Native and large packages stay where they are installed. */
const installedPackages: Plugin = {
  name: 'installed-packages',
  setup({ onResolve }) {
    onResolve({ filter: /^webgpu$/ }, ({ path }) => {
      const require = createRequire(`${root}packages/tensor-core/package.json`);
      return { path: require.resolve(path), external: true };
    });
  },
};

/** Ignored by git, and inside the app so that its packages are found. */
const folder = `${root}apps/trainer/.cache/test/${process.pid}`;

export const removeBundles = (): Promise<void> => rm(folder, { recursive: true, force: true });

/** @param entry - relative to apps/trainer/src @returns path of the bundle; `removeBundles` deletes it */
export async function bundle(entry: string): Promise<string> {
  const outfile = `${folder}/${entry.replace(/\.ts$/, '.mjs')}`;
  await build({
    entryPoints: [`${root}apps/trainer/src/${entry}`],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@vulpes/source'],
    loader: { '.wgsl': 'text' },
    plugins: [installedPackages],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
}
