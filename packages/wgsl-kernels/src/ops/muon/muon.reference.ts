// Muon in f64: the specification of the kernels. Keller Jordan et al., "Muon: an optimizer for hidden layers in neural networks", 2024
// (kellerjordan.github.io/posts/muon), with the scale of Liu et al., "Muon is Scalable for LLM Training", arXiv 2502.16982v1, Sec. 2.2.

import { MUON_EPSILON, muonScale, NEWTON_SCHULZ } from './newton-schulz.ts';

export interface MuonSettings {
  readonly rows: number;
  readonly cols: number;
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly momentum: number;
}

export interface MuonVariables {
  readonly param: Float64Array;
  readonly m: Float64Array;
}

/** The matrix [rows, cols] with its singular values taken to about 1. */
export function referenceNewtonSchulz(
  matrix: ArrayLike<number>,
  rows: number,
  cols: number,
): Float64Array {
  const { a, b, c, steps } = NEWTON_SCHULZ;
  const norm = Math.sqrt(Array.from(matrix).reduce((sum, value) => sum + value * value, 0));
  let x = Float64Array.from(matrix, (value) => value / (norm + MUON_EPSILON));
  for (let step = 0; step < steps; step++) {
    // a X + (b A + c A²) X with A = X Xᵀ.
    const gram = multiply(x, transpose(x, rows, cols), [rows, cols, rows]);
    const square = multiply(gram, gram, [rows, rows, rows]);
    const polynomial = gram.map((value, i) => b * value + c * square[i]!);
    const change = multiply(polynomial, x, [rows, rows, cols]);
    x = x.map((value, i) => a * value + change[i]!);
  }
  return x;
}

/** One update, in place, with Nesterov momentum. `clip` multiplies the gradient. */
export function referenceMuonStep(
  { param, m }: MuonVariables,
  grad: ArrayLike<number>,
  { rows, cols, learningRate, weightDecay, momentum }: MuonSettings,
  clip = 1,
): void {
  const direction = m.map((value, i) => {
    const g = clip * grad[i]!;
    m[i] = momentum * value + (1 - momentum) * g;
    return momentum * m[i]! + (1 - momentum) * g;
  });
  const update = referenceNewtonSchulz(direction, rows, cols);
  const step = learningRate * muonScale(rows, cols);
  for (let i = 0; i < param.length; i++)
    param[i] = param[i]! * (1 - learningRate * weightDecay) - step * update[i]!;
}

function multiply(
  x: Float64Array,
  y: Float64Array,
  [m, k, n]: readonly [number, number, number],
): Float64Array {
  const product = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let p = 0; p < k; p++)
      for (let j = 0; j < n; j++) product[i * n + j]! += x[i * k + p]! * y[p * n + j]!;
  return product;
}

const transpose = (x: Float64Array, rows: number, cols: number): Float64Array =>
  Float64Array.from(x, (_, i) => x[(i % rows) * cols + Math.floor(i / rows)]!);
