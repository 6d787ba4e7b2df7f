// Bundles the command line from source, so that tests can run it in a process of its own.

import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

const app = join(import.meta.dirname, '..', '..');

/** Ignored by git, and inside the app so that its packages are found. */
const folder = join(app, '.cache', 'test', String(process.pid));

/** Dawn is a native package: it stays where it is installed. */
const installedDawn: Plugin = {
  name: 'installed-dawn',
  setup({ onResolve }) {
    onResolve({ filter: /^webgpu$/ }, ({ path }) => {
      const require = createRequire(join(app, 'package.json'));
      return { path: require.resolve(path), external: true };
    });
  },
};

export const removeBundle = (): Promise<void> => rm(folder, { recursive: true, force: true });

/** @returns path of the bundled main.ts; `removeBundle` deletes it */
export async function bundleMain(): Promise<string> {
  await build({
    entryPoints: [join(app, 'src', 'main.ts')],
    outdir: folder,
    bundle: true,
    splitting: true, // the charts load as late as in the built app
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@vulpes/source'],
    loader: { '.wgsl': 'text' },
    plugins: [installedDawn],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return join(folder, 'main.js');
}
