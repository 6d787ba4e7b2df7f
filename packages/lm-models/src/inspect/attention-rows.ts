// Rows of one head's attention in f64, from what the layer attends with: weights without pruning, and what each rule would lose of them.

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

/** @returns attention weights of the query at `positions[row]` over all keys up to its own, [position + 1]; they sum to 1. */
export function attentionRow(inputs: HeadInputs, row: number): Float64Array {
  const { q, k, headDim, smScale, logLambda, positions } = inputs;
  const position = positions[row] as number;
  const first = inputs.firstKey(position);
  const weights = new Float64Array(position + 1);
  let largest = Number.NEGATIVE_INFINITY;
  for (let t = first; t <= position; t++) {
    let dot = 0;
    for (let d = 0; d < headDim; d++) dot += q(row, d) * k(t, d);
    weights[t] = smScale * dot + (logLambda[position] as number) - (logLambda[t] as number);
    largest = Math.max(largest, weights[t] as number);
  }
  let sum = 0;
  for (let t = first; t <= position; t++) {
    weights[t] = Math.exp((weights[t] as number) - largest);
    sum += weights[t] as number;
  }
  return weights.map((weight) => weight / sum);
}

/** The weight of the keys before `start`. */
export function massBefore(weights: Float64Array, start: number): number {
  let mass = 0;
  for (let t = 0; t < Math.min(start, weights.length); t++) mass += weights[t] as number;
  return mass;
}

/** The largest weight in each stretch of keys that ends at one of `positions`. */
export function largestPerStretch(weights: Float64Array, positions: Int32Array): Float32Array {
  const largest = new Float32Array(positions.length);
  let t = 0;
  for (const [column, end] of positions.entries()) {
    for (; t <= end && t < weights.length; t++) {
      largest[column] = Math.max(largest[column] as number, weights[t] as number);
    }
  }
  return largest;
}

/** Entry n: the weight of the last 2^n keys, the row's own included. @param count - entries */
export function weightWithin(weights: Float64Array, count: number): Float64Array {
  const total = weights.length;
  return Float64Array.from({ length: count }, (_, n) => 1 - massBefore(weights, total - 2 ** n));
}
