// Rows of one head's attention in f64: weights without pruning, and sums over parts of them.

export interface HeadInputs {
  /** [positions, D], the queries at those positions. */
  readonly q: (row: number, d: number) => number;
  /** [T, D] */
  readonly k: (t: number, d: number) => number;
  readonly headDim: number;
  readonly smScale: number;
  /** [T] */
  readonly logLambda: Float64Array;
  /** The first key that the query at a position may see. */
  readonly firstKey: (position: number) => number;
  readonly positions: Int32Array;
}

/** @returns attention weights of the query at `positions[row]` over all keys up to its own, [position + 1]; their sum is 1 */
export function computeAttentionRow(inputs: HeadInputs, row: number): Float64Array {
  const { q, k, headDim, smScale, logLambda, positions } = inputs;
  const position = positions[row]!;
  const first = inputs.firstKey(position);
  const logits = new Float64Array(position + 1).fill(Number.NEGATIVE_INFINITY);
  for (let t = first; t <= position; t++) {
    let dot = 0;
    for (let d = 0; d < headDim; d++) dot += q(row, d) * k(t, d);
    logits[t] = smScale * dot + logLambda[position]! - logLambda[t]!;
  }
  const max = logits.reduce((a, b) => Math.max(a, b));
  const weights = logits.map((logit) => Math.exp(logit - max));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

/** The weight of the keys before `start`. */
export const sumBefore = (weights: Float64Array, start: number): number =>
  weights.subarray(0, Math.max(0, start)).reduce((sum, weight) => sum + weight, 0);

/** The largest weight in each stretch of keys that ends at one of `positions`. */
export const toMaxPerStretch = (weights: Float64Array, positions: Int32Array): Float32Array =>
  Float32Array.from(positions, (end, i) =>
    weights
      .subarray(i === 0 ? 0 : positions[i - 1]! + 1, end + 1)
      .reduce((a, b) => Math.max(a, b), 0),
  );

/** Entry n: the weight of the last 2^n keys, the row's own included. @param count - of entries */
export const toWeightWithin = (weights: Float64Array, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, n) => 1 - sumBefore(weights, weights.length - 2 ** n));
