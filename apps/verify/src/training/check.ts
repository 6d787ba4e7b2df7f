// The checks of a training case, the official loss curve, under each pruning rule.

import { join } from 'node:path';
import { BOUNDS, type Bounds } from '../bounds.ts';
import { type CaseCheck, type Check, compareParameters, worstOf } from '../check.ts';
import { checkByRule } from '../rules.ts';
import { Vectors } from '../vectors.ts';
import { firstSteps, readTrajectory, type Trajectory } from './case.ts';
import { type TrainingResults, trainOnDevice } from './run.ts';

/** Steps of further runs, where there are no final parameters to reach. */
const FURTHER_STEPS = 8;

export const checkTraining: CaseCheck = (device, directory, options) =>
  checkByRule(device, { directory, ...options }, async (model) => {
    const vectors = await Vectors.read(join(directory, 'trajectory.safetensors'));
    const whole = readTrajectory(vectors, model.parameterSpecs());
    return async ({ model, params, variant: { prefix }, index }) => {
      const trajectory = index === 0 || whole.final ? whole : firstSteps(whole, FURTHER_STEPS);
      const results = await trainOnDevice(model, params, trajectory);
      const checks = compareTraining(trajectory, results, {
        prefix,
        bounds: BOUNDS[options.dtype],
      });
      return { checks, notes: [`${prefix}${trajectory.steps} steps, ${describe(results)}`] };
    };
  });

function describe({ loss, prunedShare }: TrainingResults): string {
  const losses = `loss ${loss[0]?.toFixed(4)} to ${loss.at(-1)?.toFixed(4)}`;
  if (prunedShare === null) return losses;
  return `${losses}, keeps ${(100 * (1 - prunedShare)).toFixed(1)} % of the blocks`;
}

/** Losses and gradient norms of each step, and the parameters at the end. @param prefix - of the checks' names */
export function compareTraining(
  trajectory: Trajectory,
  { loss, gradNorm, final }: TrainingResults,
  { prefix = '', bounds = BOUNDS.f32 }: { prefix?: string; bounds?: Bounds } = {},
): Check[] {
  const checks = [
    compareSteps(`${prefix}loss`, trajectory.loss, loss, bounds.trainLoss),
    compareSteps(`${prefix}grad norm`, trajectory.gradNorm, gradNorm, bounds.trainGradNorm),
  ];
  if (!trajectory.final) return checks;
  const end = Object.fromEntries(Object.entries(final).map(([name, { data }]) => [name, data]));
  return [
    ...checks,
    compareParameters(`${prefix}final`, trajectory.final, end, () => bounds.finalParameters),
  ];
}

function compareSteps(
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
