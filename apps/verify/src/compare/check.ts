// One compared quantity: its error, its bound, and whether it holds.

import { relativeError, rmsErrorRatio } from './metrics.ts';

export interface Check {
  /** Short, the same in every case: `out`, `dq`, `acp logits`. */
  readonly name: string;
  readonly error: number;
  /** The check holds iff error ≤ bound. */
  readonly bound: number;
  /** What the error is: `RMS error ratio`, `of 34 parameters, worst lm_head.weight`. */
  readonly measure: string;
  /** The single quantities that a worst-of check was taken from. */
  readonly parts?: readonly Check[];
}

/** NaN never holds. */
export const holds = ({ error, bound }: Check): boolean => error <= bound;

type Numbers = ArrayLike<number>;

export const rmsCheck = (
  name: string,
  { expected, actual, bound }: { expected: Numbers; actual: Numbers; bound: number },
): Check => ({
  name,
  error: rmsErrorRatio(expected, actual),
  bound,
  measure: lengthsOr('RMS error ratio', expected, actual),
});

export const relativeCheck = (
  name: string,
  { expected, actual, bound }: { expected: Numbers; actual: Numbers; bound: number },
): Check => ({
  name,
  error: relativeError(expected, actual),
  bound,
  measure: lengthsOr('largest relative error', expected, actual),
});

/** The worst of several checks of one kind (smallest margin to its bound, NaN first), with all of them as parts. */
export function worstOf(name: string, kind: string, parts: readonly Check[]): Check {
  const worst = parts.reduce((a, b) => (margin(b) > margin(a) ? b : a));
  return {
    name,
    error: worst.error,
    bound: worst.bound,
    measure: `${worst.measure}, worst of ${parts.length} ${kind}: ${worst.name}`,
    parts,
  };
}

const margin = ({ error, bound }: Check): number =>
  Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / bound;

const lengthsOr = (measure: string, expected: Numbers, actual: Numbers): string =>
  expected.length === actual.length
    ? measure
    : `${measure}: expected ${expected.length} elements, got ${actual.length}`;
