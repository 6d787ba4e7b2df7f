// Runs a Node script on the adapter with subgroup matrices, for work on kernels:
//   node tools/matrix-adapter/run.mjs node_modules/vitest/vitest.mjs run packages/wgsl-kernels
import { spawn } from 'node:child_process';
import { findObstacle, prepareMatrixAdapter } from './matrix-adapter.mjs';

const obstacle = findObstacle();
if (obstacle) {
  console.error(`vulpes: no adapter with subgroup matrices here: ${obstacle}`);
  process.exit(1);
}
const { node, env } = await prepareMatrixAdapter();
const child = spawn(node, process.argv.slice(2), {
  env: { ...process.env, ...env, FOX_REQUIRE_GPU: '1', FOX_REQUIRE_MATRIX: '1' },
  stdio: 'inherit',
});
child.once('close', (code) => {
  process.exitCode = code ?? 1;
});
