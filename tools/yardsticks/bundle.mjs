// Makes the peers' processes: one file each, that imports nothing but Node, with their packages inside.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const source = join(import.meta.dirname, 'src');

/** @param {string} outdir gets worker.mjs, tfjs.mjs, jax-js.mjs, and inputs.json: the files that went in */
export const bundlePeers = async (outdir) => {
  const { metafile } = await build({
    entryPoints: ['worker', 'tfjs', 'jax-js'].map((name) => join(source, `${name}.mjs`)),
    absWorkingDir: import.meta.dirname,
    outdir,
    metafile: true,
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
  const inputs = Object.keys(metafile.inputs).map((file) => join(import.meta.dirname, file));
  await writeFile(join(outdir, 'inputs.json'), JSON.stringify(inputs));
};
