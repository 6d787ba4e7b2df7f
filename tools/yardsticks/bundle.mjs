// Makes the peers' processes: one file each, that imports nothing but Node, with their packages inside.
import { join } from 'node:path';
import { build } from 'esbuild';

const source = join(import.meta.dirname, 'src');

/** @param {string} outdir gets worker.mjs, tfjs.mjs, jax-js.mjs */
export const bundlePeers = async (outdir) => {
  await build({
    entryPoints: ['worker', 'tfjs', 'jax-js'].map((name) => join(source, `${name}.mjs`)),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // The packages' browser modules: tfjs's Node build would ask for native code.
    mainFields: ['module', 'main'],
    // What tfjs imports only where it sees no browser.
    external: ['node-fetch', 'util'],
    logLevel: 'error',
  });
};
