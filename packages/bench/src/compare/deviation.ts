// How far a peer's results are from ours; too far, and its time is not reported.

import { checkOutput } from '../check.ts';
import type { Exercise } from './exercise.ts';

type Outputs = Readonly<Record<string, Float32Array>>;

/** Largest difference of any loss. */
const lossDifference = (theirs: Float32Array, ours: Float32Array): number =>
  Math.max(...ours.map((loss, i) => Math.abs(loss - (theirs[i] ?? Number.NaN))));

/**
 * @returns in words, e.g. `RMS error 1.2e-6 from ours`
 * @throws Error where an output is missing or beyond the bound
 */
export function deviation(
  theirs: Outputs,
  ours: Outputs,
  { bound }: Pick<Exercise, 'bound'>,
): string {
  if (ours.losses) {
    const difference = lossDifference(theirs.losses ?? new Float32Array(), ours.losses);
    if (difference <= bound) return `losses ${difference.toExponential(1)} from ours`;
    const both = `${[...(theirs.losses ?? [])].join(', ')} against our ${[...ours.losses].join(', ')}`;
    throw new Error(`its result is not ours, so it was not timed: losses ${both}`);
  }
  const checks = Object.entries(ours).map(([name, values]) =>
    checkOutput(name, theirs[name], { values, bound }),
  );
  const wrong = checks.find(({ isOk }) => !isOk);
  if (wrong) {
    const { output, rmsErrorRatio: off } = wrong;
    const how =
      off === null
        ? 'is not comparable (a NaN, or another length)'
        : `is off by an RMS error ratio of ${off.toExponential(1)}, at most ${bound.toExponential(1)}`;
    throw new Error(`its result is not ours, so it was not timed: ${output} ${how}`);
  }
  const worst = Math.max(...checks.map(({ rmsErrorRatio }) => rmsErrorRatio ?? 0));
  return worst === 0 ? 'result equal to ours' : `RMS error ${worst.toExponential(1)} from ours`;
}
