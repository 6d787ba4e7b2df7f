import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runTool } from './child.mjs';
import { withLock } from './lock.mjs';
import { root } from './paths.mjs';
import { pnpm, toolEnv } from './pnpm.mjs';
import { step } from './report.mjs';
import { buildInputs, buildOutputs, installInputs, isStamped, stamp } from './stamp.mjs';

const isInstalled = () =>
  existsSync(join(root, 'node_modules', '.modules.yaml')) &&
  isStamped('install', { inputs: installInputs() });

/** What a command needs of dist: what runs, or declarations too. @typedef {'none' | 'code' | 'types'} Build */

/** @param {Build} wanted */
const isBuilt = (wanted) => {
  if (wanted === 'none') return true;
  const state = { inputs: buildInputs(), outputs: buildOutputs() };
  const enough = wanted === 'code' ? ['types', 'code'] : ['types'];
  return enough.some((has) => isStamped('build', { has, ...state }));
};

const install = async () => {
  const command = await pnpm('install', '--frozen-lockfile', '--config.confirmModulesPurge=false');
  await step('install dependencies', () => runTool(command, { cwd: root, env: toolEnv() }));
  stamp('install', { inputs: installInputs() });
};

/** @param {Build} wanted */
const build = async (wanted) => {
  const inputs = buildInputs();
  const command = await pnpm(
    'exec',
    'turbo',
    'run',
    'build',
    '--output-logs=errors-only',
    '--ui=stream',
  );
  const env = { ...toolEnv(), VULPES_NO_TYPES: wanted === 'code' ? '1' : '0' };
  await step('build', () => runTool(command, { cwd: root, env }));
  stamp('build', { has: wanted, inputs, outputs: buildOutputs() });
};

/** Only where no driver is there already: a GPU's, or Mesa's software one. */
const prepareAdapter = async () => {
  const url = pathToFileURL(join(root, 'packages/software-adapter/dist/index.js')).href;
  const { ensureSoftwareAdapter, findSystemVulkan, isSupportedPlatform } = await import(url);
  if (!isSupportedPlatform()) return;
  const { loader, manifests } = findSystemVulkan();
  if (loader && manifests.length > 0) return;
  await step('unpack the software adapter', async () => void ensureSoftwareAdapter());
};

/**
 * Brings this checkout to the state in which every command works; does nothing when it is in it.
 * @param {Build} wanted
 */
export const setUp = async (wanted = 'code') => {
  if (isInstalled() && isBuilt(wanted)) return;
  console.error(`vulpes: Node ${process.versions.node}, ${process.platform} ${process.arch}`);
  await withLock(join(root, '.cache', 'setup.lock'), async () => {
    if (!isInstalled()) await install();
    if (!isBuilt(wanted)) await build(wanted);
    if (wanted !== 'none') await prepareAdapter();
  });
};
