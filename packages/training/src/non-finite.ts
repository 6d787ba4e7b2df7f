// The error of a run whose numbers are no longer finite: which weight, and which checkpoint is still good.

import { NonFiniteError } from '@vulpes/tensor-core';
import type { CheckpointLocation } from './checkpoint/checkpoint-folder.ts';
import type { Params } from './model.ts';
import type { TrainedState } from './trained-state.ts';

/** @param problem - ends "expected finite numbers at step 7, but …" */
export async function explainNonFinite(
  {
    params,
    halves,
    saved,
  }: Pick<TrainedState, 'params' | 'halves'> & {
    readonly saved: { readonly location: CheckpointLocation } | null;
  },
  step: number,
  problem: string,
): Promise<NonFiniteError> {
  const bad = await findNonFinite(params);
  const where = bad
    ? `The first bad weight is ${bad.name}, index ${bad.index}`
    : 'All weights are still finite';
  const kept = saved
    ? `the last checkpoint is ${saved.location.folder}`
    : 'there is no checkpoint yet';
  // Only a gradient's overflow is mended by the loss scale.
  const inHalf = halves ? ' Where an activation was beyond f16, continue in precision f32.' : '';
  return new NonFiniteError(
    `training: expected finite numbers at step ${step}, but ${problem}. ${where}; ${kept}. Start a run with a lower learning rate, a longer warm-up or a stricter clip.${inHalf}`,
  );
}

/** Name and index of the first value that is not finite, or null. */
export async function findNonFinite(
  params: Readonly<Params>,
): Promise<{ name: string; index: number } | null> {
  for (const [name, tensor] of Object.entries(params)) {
    const values = await tensor.data();
    const index = values.findIndex((value) => !Number.isFinite(value));
    if (index >= 0) return { name, index };
  }
  return null;
}
