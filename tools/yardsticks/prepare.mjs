// Installs the peers' packages and bundles them, once: `node tools/yardsticks/prepare.mjs` prints the folder of the bundles.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runTool } from '../setup/child.mjs';
import { pnpm, toolEnv } from '../setup/pnpm.mjs';
import { StepError, step } from '../setup/report.mjs';

const here = import.meta.dirname;
const bundles = join(here, 'node_modules', '.cache', 'vulpes');
const stamp = join(bundles, 'stamp');

/** What the bundles follow from. */
const inputs = () => {
  const hash = createHash('sha256');
  const sources = readdirSync(join(here, 'src'), { recursive: true, encoding: 'utf8' }).sort();
  const files = sources.filter((name) => name.endsWith('.mjs')).map((name) => join('src', name));
  for (const file of ['package.json', 'pnpm-lock.yaml', 'bundle.mjs', ...files]) {
    hash.update(`${file}\0`).update(readFileSync(join(here, file)));
  }
  return hash.digest('hex');
};

const install = async () => {
  const command = await pnpm('install', '--frozen-lockfile', '--config.confirmModulesPurge=false');
  // One, where there may be no network: with all of npm's a minute goes by.
  const env = { ...toolEnv(), npm_config_fetch_retries: '1' };
  await step('install tfjs and jax-js for --compare', () => runTool(command, { cwd: here, env }));
};

/** @returns {Promise<string>} folder that has worker.mjs and a file for each peer */
export const prepareYardsticks = async () => {
  const wanted = inputs();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return bundles;
  await install();
  const { bundlePeers } = await import('./bundle.mjs');
  await bundlePeers(bundles);
  writeFileSync(stamp, wanted);
  return bundles;
};

if (process.argv[1] === import.meta.filename) {
  try {
    console.log(await prepareYardsticks());
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
