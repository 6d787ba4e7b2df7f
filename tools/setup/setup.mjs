import { join } from 'node:path';
import { runTool } from './child.mjs';
import { withLock } from './lock.mjs';
import { root, stateFolder } from './paths.mjs';
import { pnpm, toolEnv } from './pnpm.mjs';
import { step } from './report.mjs';
import { isBuilt, isInstalled, noteBuild } from './state.mjs';

const NO_NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ENETUNREACH|ETIMEDOUT|fetch failed/i;

/** Explains a failure for want of a network. @param {{ code: number, output: string }} outcome */
const explainNetwork = ({ code, output }) => {
  if (code === 0 || !NO_NETWORK.test(output)) return { code, output };
  const hint =
    'vulpes: the npm registry did not answer. The first set-up needs a network; ' +
    'behind a proxy, set HTTPS_PROXY or npm config set proxy.';
  return { code, output: `${output.trimEnd()}\n\n${hint}` };
};

const install = async () => {
  const args = ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
  await step('install dependencies', async () =>
    explainNetwork(await runTool(await pnpm(...args), { cwd: root, env: toolEnv() })),
  );
};

const build = async () => {
  const startedAt = Date.now();
  const turbo = ['exec', 'turbo', 'run', 'build', '--output-logs=errors-only', '--ui=stream'];
  await step('build', async () => runTool(await pnpm(...turbo), { cwd: root, env: toolEnv() }));
  noteBuild(startedAt);
};

/**
 * Brings this checkout to the state in which a command works; does nothing when it is in it.
 * @param {{ needsBuild?: boolean }} options
 */
export const setUp = async ({ needsBuild = true } = {}) => {
  const isReady = () => isInstalled() && (!needsBuild || isBuilt());
  if (isReady()) return;
  console.error(`vulpes: Node ${process.versions.node}, ${process.platform} ${process.arch}`);
  await withLock(join(stateFolder, 'setup.lock'), async () => {
    if (!isInstalled()) await install();
    if (!isReady()) await build();
  });
};
