// Compared quantities with their errors and bounds, and the result of a case.

import type { Device } from '@vulpes/tensor-core';
import { maxRelativeError, rmsErrorRatio } from '@vulpes/tensor-core/metrics';
import type { CheckedDType } from './bounds.ts';
import type { PruningRule } from './rules.ts';

export interface Check {
  /** Short, the same in every case: `out`, `dq`, `acp logits`. */
  readonly name: string;
  readonly error: number;
  readonly bound: number;
  /** What the error is: `RMS error ratio`, `… worst of 34 parameters: lm_head.weight`. */
  readonly measure: string;
}

/** NaN never holds. */
export const holds = ({ error, bound }: Check): boolean => error <= bound;

type Numbers = ArrayLike<number>;

interface Pair {
  readonly expected: Numbers;
  readonly actual: Numbers;
  readonly bound: number;
}

const pairCheck =
  (measure: string, metric: (expected: Numbers, actual: Numbers) => number) =>
  (name: string, { expected, actual, bound }: Pair): Check => {
    const [want, got] = [expected.length, actual.length];
    const note = want === got ? '' : `: expected ${want} elements, got ${got}`;
    return { name, error: metric(expected, actual), bound, measure: `${measure}${note}` };
  };

export const rmsCheck = pairCheck('RMS error ratio', rmsErrorRatio);
export const relativeCheck = pairCheck('largest relative error', maxRelativeError);

/** Of what has to be 0: a count of differences, a largest value. */
export const zeroCheck = (name: string, error: number, measure: string): Check => {
  return { name, error, bound: 0, measure };
};

/** The worst of several checks: the largest error in units of its bound, NaN first. @param kind - of the parts, plural */
export function worstOf(name: string, kind: string, parts: readonly Check[]): Check {
  const ratio = ({ error, bound }: Check) => (Number.isNaN(error) ? Infinity : error / bound);
  const worst = parts.reduce((a, b) => (ratio(b) > ratio(a) ? b : a));
  const measure = `${worst.measure}, worst of ${parts.length} ${kind}: ${worst.name}`;
  return { name, error: worst.error, bound: worst.bound, measure };
}

/** Parameters, or their gradients, by name: the worst. */
export const compareParameters = (
  name: string,
  expected: ReadonlyMap<string, Numbers>,
  actual: Readonly<Record<string, Numbers>>,
  getBound: (parameter: string) => number,
): Check =>
  worstOf(
    name,
    'parameters',
    [...expected].map(([parameter, want]) =>
      rmsCheck(parameter, {
        ...{ expected: want, actual: actual[parameter] ?? [] },
        bound: getBound(parameter),
      }),
    ),
  );

/** What the checks of a case give. */
export interface CaseReport {
  readonly checks: readonly Check[];
  /** Facts for the reader: sizes, blocks kept. */
  readonly notes: readonly string[];
}

export const joinReports = (reports: readonly CaseReport[]): CaseReport => ({
  checks: reports.flatMap(({ checks }) => checks),
  notes: reports.flatMap(({ notes }) => notes),
});

/**
 * @param path - the file or folder of the case
 * @throws CaseError, CheckpointError, UnsupportedError, and what the device throws
 */
export type CaseCheck = (
  device: Device,
  path: string,
  options: CheckOptions,
) => Promise<CaseReport>;

/** How every case is computed. */
export interface CheckOptions {
  /** By each of them. */
  readonly rules: readonly PruningRule[];
  /** Of q, k and v, or of what a model computes with. */
  readonly dtype: CheckedDType;
}

export interface CaseResult extends CaseReport {
  /** `attention/square_d32` */
  readonly id: string;
  readonly isPassed: boolean;
  /** Why it could not be checked; else null. */
  readonly reason: string | null;
  /** Of an unexpected error; else null. */
  readonly stack: string | null;
  readonly seconds: number;
}
