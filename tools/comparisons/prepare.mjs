// Installs the libraries and bundles the scripts, once: `node tools/comparisons/prepare.mjs` prints the folder of the bundles.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../setup/child.mjs';
import { pnpm, toolEnv } from '../setup/pnpm.mjs';
import { StepError, step } from '../setup/report.mjs';

const here = import.meta.dirname;
const bundles = join(here, 'node_modules', '.cache', 'vulpes');
const stamp = join(bundles, 'stamp');
const scripts = ['jax-js.mjs', 'tfjs.mjs'];

/** Changes with all that the bundles are made of. */
const hashInputs = () => {
  const hash = createHash('sha256');
  for (const file of ['package.json', 'pnpm-lock.yaml', 'prepare.mjs', 'shared.mjs', ...scripts]) {
    hash.update(`${file}\0`).update(readFileSync(join(here, file)));
  }
  return hash.digest('hex');
};

const install = async () => {
  const command = await pnpm('install', '--frozen-lockfile', '--config.confirmModulesPurge=false');
  // One retry, where there may be no network: with all of npm's a minute goes by.
  const env = { ...toolEnv(), npm_config_fetch_retries: '1' };
  await step('install tfjs and jax-js for --compare', () => runTool(command, { cwd: here, env }));
};

/** Each script becomes one file that imports nothing but Node; inputs.json lists the files inside. */
const bundle = async () => {
  const { build } = await import('esbuild');
  const { metafile } = await build({
    entryPoints: scripts.map((name) => join(here, name)),
    absWorkingDir: here,
    outdir: bundles,
    outExtension: { '.js': '.mjs' },
    metafile: true,
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
  const inputs = Object.keys(metafile.inputs).map((file) => join(here, file));
  await writeFile(join(bundles, 'inputs.json'), JSON.stringify(inputs));
};

/** @returns {Promise<string>} folder that has jax-js.mjs and tfjs.mjs */
export const prepareComparisons = async () => {
  const wanted = hashInputs();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return bundles;
  await install();
  await bundle();
  writeFileSync(stamp, wanted);
  return bundles;
};

if (process.argv[1] === import.meta.filename) {
  try {
    console.log(await prepareComparisons());
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
