// How far a peer's results are from ours; too far, and its time is not reported.

import { checkOutput } from '@vulpes/bench';
import type { Exercise } from './exercise.ts';

type Outputs = Readonly<Record<string, Float32Array>>;

/** Largest difference of any loss. */
const lossDifference = (theirs: Float32Array, ours: Float32Array): number =>
  Math.max(...ours.map((loss, i) => Math.abs(loss - (theirs[i] ?? Number.NaN))));

/**
 * @returns in words, e.g. `RMS error 1.2e-6`
 * @throws Error where an output is missing or beyond the bound
 */
export function deviation(
  theirs: Outputs,
  ours: Outputs,
  { bound }: Pick<Exercise, 'bound'>,
): string {
  if (ours.losses) {
    const difference = lossDifference(theirs.losses ?? new Float32Array(), ours.losses);
    if (difference <= bound) return `losses ${difference.toExponential(1)}`;
    const both = `${[...(theirs.losses ?? [])].join(', ')} against our ${[...ours.losses].join(', ')}`;
    throw new Error(`its result is not ours, so its time is not reported: losses ${both}`);
  }
  const checks = Object.entries(ours).map(([name, values]) =>
    checkOutput(name, theirs[name], { values, bound }),
  );
  const wrong = checks.find(({ isOk }) => !isOk);
  if (wrong) {
    throw new Error(
      `its result is not ours, so its time is not reported: ${wrong.output} is off by an RMS error ratio of ${wrong.rmsErrorRatio ?? 'NaN'} (at most ${bound})`,
    );
  }
  const worst = Math.max(...checks.map(({ rmsErrorRatio }) => rmsErrorRatio ?? 0));
  return `RMS error ${worst.toExponential(1)}`;
}
