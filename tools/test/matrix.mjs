// Kernel suites on an adapter that has subgroup matrices.

import { isDebian } from '../matrix-adapter/debian.mjs';
import { findObstacle, prepareMatrixAdapter } from '../matrix-adapter/matrix-adapter.mjs';
import { StepError } from '../setup/report.mjs';
import { FAILED, SKIPPED } from './counts.mjs';
import { vitest } from './tools.mjs';

/** @typedef {import('./counts.mjs').Counts} Counts */

/**
 * Not everybody can have the adapter; a CI on Debian can, so there it must be red.
 * @param {string} reason @returns {Counts}
 */
const skip = (reason) => {
  const isRed = Boolean(process.env.CI) && isDebian();
  const what = isRed ? 'FAILED' : 'SKIPPED, so kernels for subgroup matrices are not tested';
  console.log(`${reason}\nvulpes: no adapter with subgroup matrices here: ${what}`);
  return isRed ? FAILED : SKIPPED;
};

/** @param {readonly string[]} paths of tests @returns {Promise<Counts>} */
export const testOnMatrixAdapter = async (paths) => {
  const obstacle = findObstacle();
  if (obstacle) return skip(obstacle);
  try {
    const { node, env } = await prepareMatrixAdapter();
    return await vitest({ node, env: { ...env, FOX_REQUIRE_MATRIX: '1' }, paths });
  } catch (error) {
    if (error instanceof StepError) return skip(error.message);
    throw error;
  }
};
