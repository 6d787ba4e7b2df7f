// Bundles a command line from source.

import { rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/** Dawn is a native package: it stays where it is installed. */
const installedDawn = (app: string): Plugin => ({
  name: 'installed-dawn',
  setup({ onResolve }) {
    onResolve({ filter: /^webgpu$/ }, ({ path, importer }) => {
      const require = createRequire(importer || join(app, 'package.json'));
      return { path: require.resolve(path), external: true };
    });
  },
});

export interface CliBundle {
  /** Path of the bundled script. */
  readonly script: string;
  remove(): Promise<void>;
}

/**
 * @param app - folder of the app; the bundle goes to its .cache, where its packages are found
 * @param entry - relative to `app`
 */
export async function bundleCli(app: string, entry = 'src/main.ts'): Promise<CliBundle> {
  const name = entry.replace(/\W+/g, '-');
  const folder = join(app, '.cache', 'test', `${process.pid}-${name}`);
  await build({
    entryPoints: { main: join(app, entry) },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['@vulpes/source'],
    loader: { '.wgsl': 'text' },
    plugins: [installedDawn(app)],
    outExtension: { '.js': '.mjs' },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  const remove = () => rm(folder, { recursive: true, force: true });
  return { script: join(folder, 'main.mjs'), remove };
}
