// The token shift and its gradients in f64: the specification of the kernels.

import type { TokenShiftDims } from './token-shift.kernel.ts';

type Numbers = ArrayLike<number>;

interface Inputs {
  /** [B, T, H, D] */
  readonly y: Numbers;
  /** [B, T, H] */
  readonly shiftLogit: Numbers;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** [B, T, H, D] */
export function naiveTokenShift(dims: TokenShiftDims, { y, shiftLogit }: Inputs): Float64Array {
  const shifted = new Float64Array(y.length);
  forEachElement(dims, (i, row, previous) => {
    const alpha = sigmoid(shiftLogit[row]!);
    shifted[i] = alpha * (previous === null ? 0 : y[previous]!) + (1 - alpha) * y[i]!;
  });
  return shifted;
}

/** Gradients of Σ shifted g. */
export function naiveTokenShiftBackward(
  dims: TokenShiftDims,
  { y, shiftLogit }: Inputs,
  g: Numbers,
): { dy: Float64Array; dshiftLogit: Float64Array } {
  const dy = new Float64Array(y.length);
  const dshiftLogit = new Float64Array(shiftLogit.length);
  forEachElement(dims, (i, row, previous) => {
    const alpha = sigmoid(shiftLogit[row]!);
    const before = previous === null ? 0 : y[previous]!;
    dy[i]! += (1 - alpha) * g[i]!;
    if (previous !== null) dy[previous]! += alpha * g[i]!;
    dshiftLogit[row]! += alpha * (1 - alpha) * g[i]! * (before - y[i]!);
  });
  return { dy, dshiftLogit };
}

/** Visits each element with its (b, t, h) row and the index of the same element one token before, null at t = 0. */
function forEachElement(
  { batch, seqLen, numHeads, headDim }: TokenShiftDims,
  visit: (index: number, row: number, previous: number | null) => void,
): void {
  for (let row = 0; row < batch * seqLen * numHeads; row++) {
    const t = Math.floor(row / numHeads) % seqLen;
    for (let d = 0; d < headDim; d++) {
      const index = row * headDim + d;
      visit(index, row, t === 0 ? null : index - numHeads * headDim);
    }
  }
}
