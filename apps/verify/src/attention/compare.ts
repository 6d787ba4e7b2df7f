// The bounds of attention, and the checks of device results against the exact and the official ones.

import {
  referenceDroppedMass,
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from '@vulpes/fox-attention/reference';
import { countDifferences, maxAbs, maxRowDistance, maxRowNorm } from '@vulpes/tensor-core/metrics';
import { referenceToHalf } from '@vulpes/wgsl-kernels/reference';
import { BOUNDS, type Bounds } from '../bounds.ts';
import { type Check, holds, relativeCheck, rmsCheck, zeroCheck } from '../check.ts';
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
/** No threshold chosen by hand is this near to that of the norms by chance. */
const SAME_THRESHOLD = 1e-3;

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

/** Results of a run, and what has to be 0 in them. @param dropped - what the reference drops, too; null: nothing */
export const compareRun = (
  theCase: AttentionCase,
  actual: AttentionResults,
  compared: Compared,
  dropped: Dropped | null,
): Check[] => [
  ...compareResults(dropped ? computeReference(theCase, dropped) : theCase.exact, actual, compared),
  ...compareZeros(theCase, actual, compared.prefix),
];

/** Against the official kernel's output, which is pruned where the case is. */
export const compareOfficial = (expected: Float32Array, actual: Float32Array): Check =>
  rmsCheck('official', { expected, actual, bound: F16_BOUND });

/** What has to be exactly 0: rows that see no key, and gates that act on no pair. No checks where there are none. */
export function compareZeros(
  { dims, limits, visibility }: AttentionCase,
  { out, dq, dLogFgate }: AttentionResults,
  prefix = '',
): Check[] {
  const { batch, queryLen, keyLen, numHeads, headDim } = dims;
  const list = (count: number) => Array.from({ length: count }, (_, i) => i);
  const getFirst = (token: number) => visibility[2 * token]! - (token % keyLen); // relative to its own
  const rows = list(batch * queryLen).filter(
    (row) => getFirst((Math.floor(row / queryLen) + 1) * keyLen - queryLen + (row % queryLen)) > 0,
  );
  const gates = limits.cuSeqlens
    ? list(batch * keyLen).filter((token) => getFirst(token) >= 0)
    : [];
  const take = (values: Float32Array, at: readonly number[], width: number) =>
    at.flatMap((row) => [...values.subarray(row * width, (row + 1) * width)]);
  const outAndDq = [out, dq].flatMap((values) => take(values, rows, numHeads * headDim));
  const starts = take(dLogFgate, gates, numHeads);
  const zeros = [
    ['empty rows', rows, outAndDq, 'out and dq in rows with nothing to attend to'],
    ['inactive gates', gates, starts, 'dlog_fgate of gates at starts'],
  ] as const;
  return zeros
    .filter(([, at]) => at.length > 0)
    .map(([name, at, values, what]) => {
      const largest = maxAbs(values.length, (i) => values[i]!);
      return zeroCheck(`${prefix}${name}`, largest, `largest value of ${what} (${at.length})`);
    });
}

/** First kept key of every block, exactly. */
export const compareStartIndex = (
  { startIndex }: OfficialPruning,
  actual: ArrayLike<number>,
): Check => {
  const measure = `of ${startIndex.length} query blocks differ`;
  return zeroCheck('start index', countDifferences(startIndex, actual), measure);
};

/**
 * The threshold of the file against that of the norms of q and k.
 * @param isNamedAuto - the file's name says that it was made so; other cases count where the two agree roughly
 * @returns null where the threshold was chosen otherwise
 */
export function compareThreshold(
  { threshold: expected }: OfficialPruning,
  actual: ArrayLike<number>,
  { isNamedAuto, bounds = BOUNDS.f32 }: { readonly isNamedAuto: boolean; readonly bounds?: Bounds },
): Check | null {
  const bound = isNamedAuto ? bounds.threshold : Math.max(bounds.threshold, SAME_THRESHOLD);
  const check = relativeCheck('threshold', { expected, actual, bound });
  return isNamedAuto || holds(check) ? check : null;
}

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
