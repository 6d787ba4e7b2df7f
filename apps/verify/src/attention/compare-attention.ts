// Attention's bounds, and the checks that hold device results to them. Pure: arrays in, checks out.

import { type Check, holds, relativeCheck, rmsCheck } from '../compare/check.ts';
import {
  countDifferences,
  largest,
  largestRowDistance,
  largestRowNorm,
} from '../compare/metrics.ts';
import type { AttentionCase, AttentionResults, OfficialPruning } from './attention-case.ts';
import { emptyRows, inactiveGates } from './visible-keys.ts';

/** RMS error ratios of f32 kernels against f64. */
const FORWARD_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;
/** The official kernel keeps its results in f16. */
const F16_BOUND = 5e-3;
/** Thresholds are made of one f32 rounding per product and sum. */
const THRESHOLD_BOUND = 1e-5;
/** No threshold chosen by hand comes this near to that of the norms by chance. */
const SAME_THRESHOLD = 1e-3;

const QUANTITIES = [
  ['out', 'out', FORWARD_BOUND],
  ['dq', 'dq', GRADIENT_BOUND],
  ['dk', 'dk', GRADIENT_BOUND],
  ['dv', 'dv', GRADIENT_BOUND],
  ['dlog_fgate', 'dLogFgate', GRADIENT_BOUND],
] as const;

/** Output and each gradient. @param prefix - of the checks' names. */
export function compareResults(
  expected: AttentionResults,
  actual: AttentionResults,
  prefix = '',
): Check[] {
  return QUANTITIES.map(([name, key, bound]) =>
    rmsCheck(`${prefix}${name}`, { expected: expected[key], actual: actual[key], bound }),
  );
}

/** Against the official kernel's output, which is pruned where the case is. */
export const compareOfficial = (official: Float32Array, actual: Float32Array): Check =>
  rmsCheck('official', { expected: official, actual, bound: F16_BOUND });

/** Rows that may see nothing: output and dq are exactly 0. No check without such rows. */
export function compareEmptyRows(
  theCase: AttentionCase,
  { out, dq }: AttentionResults,
  prefix = '',
): Check[] {
  const width = theCase.dims.numHeads * theCase.dims.headDim;
  return exactZeros(`${prefix}empty rows`, {
    ...{ values: [out, dq], rows: emptyRows(theCase), width },
    what: (count) => `out and dq in ${count} rows with nothing to attend to`,
  });
}

/** Gates that act on no pair, at the start of documents: their gradient is exactly 0. No check without packed documents. */
export function compareSilentGates(
  theCase: AttentionCase,
  { dLogFgate }: AttentionResults,
  prefix = '',
): Check[] {
  if (!theCase.limits.cuSeqlens) return [];
  return exactZeros(`${prefix}silent gates`, {
    ...{ values: [dLogFgate], rows: inactiveGates(theCase), width: theCase.dims.numHeads },
    what: (count) => `dlog_fgate at ${count} tokens that see nothing before themselves`,
  });
}

interface Zeros {
  readonly values: readonly Float32Array[];
  /** Of `width` values each. */
  readonly rows: readonly number[];
  readonly width: number;
  readonly what: (count: number) => string;
}

function exactZeros(name: string, { values, rows, width, what }: Zeros): Check[] {
  if (rows.length === 0) return [];
  const largestOf = (all: Float32Array) =>
    largest(rows.length * width, (index) => {
      const row = rows[Math.floor(index / width)] as number;
      return all[row * width + (index % width)] as number;
    });
  const error = Math.max(...values.map(largestOf)); // NaN wins in Math.max
  return [{ name, error, bound: 0, measure: `largest value of ${what(rows.length)}` }];
}

/** Every block's first kept key, exactly. */
export const compareStartIndex = (
  { startIndex }: OfficialPruning,
  actual: ArrayLike<number>,
): Check => ({
  name: 'start index',
  error: countDifferences(startIndex, actual),
  bound: 0,
  measure: `of ${startIndex.length} query blocks differ`,
});

/**
 * The threshold of the file against that of the norms. A case that is not named so counts, too, where the two agree roughly.
 * @returns null where the threshold was plainly chosen otherwise.
 */
export function compareThreshold(
  { threshold }: OfficialPruning,
  actual: Float32Array,
  isNamedAuto: boolean,
): Check | null {
  const bound = isNamedAuto ? THRESHOLD_BOUND : SAME_THRESHOLD;
  const check = relativeCheck('threshold', { expected: threshold, actual, bound });
  return isNamedAuto || holds(check) ? check : null;
}

/** Pruning at log ε moves no row of the output by more than 2ε · max‖v‖. [ACP v2] */
export function compareTolerance(
  name: string,
  { dims, v, exact }: AttentionCase,
  { out, logPruningTolerance }: { out: Float32Array; logPruningTolerance: number },
): Check {
  return {
    name,
    error: largestRowDistance(exact.out, out, dims.headDim),
    bound: 2 * Math.exp(logPruningTolerance) * largestRowNorm(v, dims.headDim),
    measure: `largest distance of a row from dense at log ε = ${logPruningTolerance}`,
  };
}

/** What certified pruning promises of every row. @param mass - the largest share that a row gave up, in f64 */
export const compareDroppedMass = (
  name: string,
  { mass, logPruningTolerance }: { mass: number; logPruningTolerance: number },
): Check => ({
  name,
  error: mass,
  bound: Math.exp(logPruningTolerance),
  measure: `largest share of its attention weight that a row dropped, at log ε = ${logPruningTolerance}`,
});
