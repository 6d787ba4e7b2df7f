// Training's bounds, and the checks that hold our run to the official one. Pure: arrays in, checks out.

import { type Check, rmsCheck, worstOf } from '../compare/check.ts';
import type { TrainingResults } from './on-device.ts';
import type { Trajectory } from './trajectory.ts';

/** Relative, per step. Small differences grow from step to step. */
const LOSS_BOUND = 2e-3;
/** Relative, per step. */
const GRAD_NORM_BOUND = 2e-3;
/** RMS error ratio. AdamW turns the smallest gradient into a full step, so noise in it counts more than in the loss. */
const FINAL_BOUND = 5e-3;

/** Losses and gradient norms of each step, and the parameters at the end. @param prefix - of the checks' names. */
export function compareTraining(
  trajectory: Trajectory,
  { loss, gradNorm, final }: TrainingResults,
  prefix = '',
): Check[] {
  const checks = [
    perStep(`${prefix}loss`, trajectory.loss, loss, LOSS_BOUND),
    perStep(`${prefix}grad norm`, trajectory.gradNorm, gradNorm, GRAD_NORM_BOUND),
  ];
  if (!trajectory.final) return checks;
  const parts = [...trajectory.final].map(([name, expected]) =>
    rmsCheck(name, { expected, actual: final[name]?.data ?? [], bound: FINAL_BOUND }),
  );
  return [...checks, worstOf(`${prefix}final`, 'parameters', parts)];
}

function perStep(
  name: string,
  expected: Float32Array,
  actual: readonly number[],
  bound: number,
): Check {
  const parts = Array.from(expected, (want, step) => ({
    name: `step ${step + 1}`,
    error: Math.abs((actual[step] ?? Number.NaN) - want) / Math.abs(want),
    bound,
    measure: 'relative error',
  }));
  return worstOf(name, 'steps', parts);
}
