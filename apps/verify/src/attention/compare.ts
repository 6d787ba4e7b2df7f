// The bounds of attention, and the checks of device results against the exact and the official ones.

import {
  referenceDroppedMass,
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from '@vulpes/fox-attention/reference';
import { countDifferences, maxAbs, maxRowDistance, maxRowNorm } from '@vulpes/tensor-core/metrics';
import { referenceToHalf } from '@vulpes/wgsl-kernels/reference';
import { BOUNDS, type Bounds } from '../bounds.ts';
import { type Check, relativeCheck, rmsCheck, zeroCheck } from '../check.ts';
import type { AttentionCase, AttentionResults, OfficialPruning } from './case.ts';

/** Name of the check, of the result, and of its bound. */
const QUANTITIES = [
  ['out', 'out', 'out'],
  ['dq', 'dq', 'gradient'],
  ['dk', 'dk', 'gradient'],
  ['dv', 'dv', 'gradient'],
  ['dlog_fgate', 'dLogFgate', 'gradient'],
] as const;
/** The official kernel keeps its results in f16. */
const F16_BOUND = 5e-3;

export interface Compared {
  /** Of the checks' names. */
  readonly prefix?: string;
  readonly bounds?: Bounds;
}

/** Output and each gradient. */
export const compareResults = (
  expected: AttentionResults,
  actual: AttentionResults,
  { prefix = '', bounds = BOUNDS.f32 }: Compared = {},
): Check[] =>
  QUANTITIES.map(([name, key, bound]) =>
    rmsCheck(`${prefix}${name}`, {
      ...{ expected: expected[key], actual: actual[key], bound: bounds[bound] },
    }),
  );

/** Results of a run. @param dropped - what the reference drops, too; null: nothing */
export const compareRun = (
  theCase: AttentionCase,
  actual: AttentionResults,
  compared: Compared,
  dropped: Dropped | null,
): Check[] =>
  compareResults(dropped ? computeReference(theCase, dropped) : theCase.exact, actual, compared);

/** Against the official kernel's output, which is pruned where the case is. */
export const compareOfficial = (expected: Float32Array, actual: Float32Array): Check =>
  rmsCheck('official', { expected, actual, bound: F16_BOUND });

/** First kept key of every block, exactly. */
export const compareStartIndex = (
  { startIndex }: OfficialPruning,
  actual: ArrayLike<number>,
): Check => {
  const measure = `of ${startIndex.length} query blocks differ`;
  return zeroCheck('start index', countDifferences(startIndex, actual), measure);
};

/** The threshold of a file that has the one of the norms of q and k. */
export const compareThreshold = (
  { threshold: expected }: OfficialPruning,
  actual: ArrayLike<number>,
  { threshold: bound }: Bounds = BOUNDS.f32,
): Check => relativeCheck('threshold', { expected, actual, bound });

interface ToleranceOptions {
  readonly logPruningTolerance: number;
  readonly bounds?: Bounds;
}

/** Pruning at log ε moves no row of the output by more than 2ε · max‖v‖. [ACP v2] */
export const compareTolerance = (
  name: string,
  { dims, inputs, exact }: AttentionCase,
  out: Float32Array,
  { logPruningTolerance, bounds = BOUNDS.f32 }: ToleranceOptions,
): Check => ({
  name,
  error: maxRowDistance(exact.out, out, dims.headDim),
  bound: (2 * Math.exp(logPruningTolerance) + bounds.rounding) * maxRowNorm(inputs.v, dims.headDim),
  measure: `largest distance of a row from dense at log ε = ${logPruningTolerance}`,
});

/** What certified pruning guarantees for every row. */
export const compareDroppedMass = (mass: number, logPruningTolerance: number): Check => ({
  name: 'dropped mass',
  error: mass,
  bound: Math.exp(logPruningTolerance),
  measure: `largest share of its attention weight that a row dropped, at log ε = ${logPruningTolerance}`,
});

/** Keys that query blocks drop (first kept key [B, H, query blocks]), or single rows ([B, H, M]). */
export type Dropped =
  | { readonly ranges: { readonly startIndex: ArrayLike<number>; readonly blockM: number } }
  | { readonly firstKeys: ArrayLike<number> };

/** The f64 reference that drops the same keys; rounded to f32 as the exact results of the files are. */
export function computeReference(
  theCase: Omit<AttentionCase, 'exact'>,
  dropped: Dropped | typeof NOTHING,
): AttentionResults {
  const inputs = { ...theCase.inputs, ...dropped };
  const { out } = referenceForgettingAttention(theCase.dims, inputs);
  const grads = referenceForgettingAttentionBackward(theCase.dims, inputs, theCase.dOut);
  const rounded = Object.entries({ out, ...grads }).map(([name, values]) => {
    return [name, Float32Array.from(values)];
  });
  return Object.fromEntries(rounded) as AttentionResults;
}

/** The case with inputs that f16 holds, and exact results of those: what is compared is the computing, not the rounding of its inputs. */
export function roundCase(theCase: AttentionCase): AttentionCase {
  const round = (values: Float32Array) => values.map(referenceToHalf);
  const { q, k, v, ...inputs } = theCase.inputs;
  const rounded = {
    ...theCase,
    inputs: { ...inputs, q: round(q), k: round(k), v: round(v) },
    dOut: round(theCase.dOut),
  };
  return { ...rounded, exact: computeReference(rounded, NOTHING) };
}

const NOTHING = {};

/** Largest share of its weight, 0…1, that a row drops by keeping keys from `firstKeys` [B, H, M] on; f64. */
export function computeDroppedMass(theCase: AttentionCase, firstKeys: ArrayLike<number>): number {
  const mass = referenceDroppedMass(theCase.dims, theCase.inputs, firstKeys);
  return maxAbs(mass.length, (row) => mass[row]!);
}
