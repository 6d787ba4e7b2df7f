// The token shift and its gradients in f64: the specification of the kernels.

import type { TokenShiftDims } from './token-shift.kernel.ts';

type Numbers = ArrayLike<number>;

export interface ReferenceTokenShiftInputs {
  /** [B, T, H, D] */
  readonly y: Numbers;
  /** [B, T, H] */
  readonly shiftLogit: Numbers;
  /** [B, N, 2], see tokenVisibility; a token that sees nothing before itself is mixed with 0. */
  readonly visibility?: Numbers | undefined;
  /** [B, 1, H, D], y[−1]; default 0. Has no gradient. */
  readonly previous?: Numbers | undefined;
  /** Where the first token stands in the visibility. */
  readonly offset?: number | undefined;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** [B, T, H, D] */
export function referenceTokenShift(
  dims: TokenShiftDims,
  inputs: ReferenceTokenShiftInputs,
): Float64Array {
  const { y, shiftLogit } = inputs;
  const shifted = new Float64Array(y.length);
  forEachElement(dims, inputs, (i, row, before) => {
    const alpha = sigmoid(shiftLogit[row]!);
    shifted[i] = alpha * before.value + (1 - alpha) * y[i]!;
  });
  return shifted;
}

/** Gradients of Σ shifted g. */
export function referenceTokenShiftBackward(
  dims: TokenShiftDims,
  inputs: ReferenceTokenShiftInputs,
  g: Numbers,
): { dy: Float64Array; dshiftLogit: Float64Array } {
  const { y, shiftLogit } = inputs;
  const dy = new Float64Array(y.length);
  const dshiftLogit = new Float64Array(shiftLogit.length);
  forEachElement(dims, inputs, (i, row, before) => {
    const alpha = sigmoid(shiftLogit[row]!);
    dy[i]! += (1 - alpha) * g[i]!;
    if (before.index !== null) dy[before.index]! += alpha * g[i]!;
    dshiftLogit[row]! += alpha * (1 - alpha) * g[i]! * (before.value - y[i]!);
  });
  return { dy, dshiftLogit };
}

/** The same element one token before: its value, and its index where it is part of y. */
interface Before {
  readonly value: number;
  readonly index: number | null;
}

/** Visits each element with its (b, t, h) row. */
function forEachElement(
  { batch, seqLen, numHeads, headDim }: TokenShiftDims,
  { y, visibility, previous, offset = 0 }: ReferenceTokenShiftInputs,
  visit: (index: number, row: number, before: Before) => void,
): void {
  const features = numHeads * headDim;
  const visibilityLen = (visibility?.length ?? 0) / (2 * batch);
  for (let index = 0; index < batch * seqLen * features; index++) {
    const token = Math.floor(index / features);
    const [b, t] = [Math.floor(token / seqLen), token % seqLen];
    const first = visibility?.[(b * visibilityLen + offset + t) * 2] ?? Number.NEGATIVE_INFINITY;
    const row = Math.floor(index / headDim);
    if (first >= offset + t) visit(index, row, { value: 0, index: null });
    else if (t > 0) visit(index, row, { value: y[index - features]!, index: index - features });
    else
      visit(index, row, { value: previous?.[b * features + (index % features)] ?? 0, index: null });
  }
}
