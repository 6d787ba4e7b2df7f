// Attention's bounds, and the checks that hold device results to them. Pure: arrays in, checks out.

import { type Check, holds, relativeCheck, rmsCheck } from '../compare/check.ts';
import {
  countDifferences,
  largest,
  largestRowDistance,
  largestRowNorm,
} from '../compare/metrics.ts';
import type {
  AttentionCase,
  AttentionDims,
  AttentionResults,
  OfficialPruning,
} from './attention-case.ts';

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

/** Rows left of `seqStart` have nothing to attend to: output and dq are exactly 0. No check without such rows. */
export function compareEmptyRows(
  { dims, seqStart }: AttentionCase,
  { out, dq }: AttentionResults,
  prefix = '',
): Check[] {
  const empty = emptyRows(dims, seqStart);
  if (empty.length === 0) return [];
  const width = dims.headDim;
  const largestOf = (values: Float32Array) =>
    largest(empty.length, (index) => {
      const start = (empty[index] as number) * width;
      return largest(width, (d) => values[start + d] as number);
    });
  const error = Math.max(largestOf(out), largestOf(dq)); // NaN wins in Math.max
  const measure = `largest value of out and dq in ${empty.length} rows with nothing to attend to`;
  return [{ name: `${prefix}empty rows`, error, bound: 0, measure }];
}

/** Rows of [B, M, H] whose position lies before the first key of their batch row. */
function emptyRows(dims: AttentionDims, seqStart: Int32Array | null): number[] {
  if (!seqStart) return [];
  const { batch, queryLen, keyLen, numHeads } = dims;
  const rows: number[] = [];
  for (let b = 0; b < batch; b++) {
    const empty = Math.max(0, (seqStart[b] as number) - (keyLen - queryLen));
    for (let row = 0; row < Math.min(empty, queryLen) * numHeads; row++) {
      rows.push(b * queryLen * numHeads + row);
    }
  }
  return rows;
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
  { dims, v, exact }: AttentionCase,
  out: Float32Array,
  logPruningTolerance: number,
): Check {
  return {
    name: 'acp out',
    error: largestRowDistance(exact.out, out, dims.headDim),
    bound: 2 * Math.exp(logPruningTolerance) * largestRowNorm(v, dims.headDim),
    measure: `largest distance of a row from dense at log ε = ${logPruningTolerance}`,
  };
}
