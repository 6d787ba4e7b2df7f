// prepareHeads and its gradients in f64, as the composition of the ops that it takes the place of: the specification of the kernels.

import {
  referenceLogSigmoid,
  referenceLogSigmoidBackward,
} from '../log-sigmoid/log-sigmoid.reference.ts';
import { referenceRmsNorm, referenceRmsNormBackward } from '../rms-norm/rms-norm.reference.ts';
import {
  referenceTokenShift,
  referenceTokenShiftBackward,
} from '../token-shift/token-shift.reference.ts';

type Numbers = ArrayLike<number>;

export interface ReferencePrepareHeadsDims {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  /** Columns of the packed projection; those behind the forget gate are not read. */
  readonly width: number;
  readonly hasHeadWeights: boolean;
  readonly eps: number;
}

export interface ReferencePrepareHeadsInputs {
  /** [B, T, width] */
  readonly packed: Numbers;
  /** [H · D] or [D] */
  readonly qWeight: Numbers;
  /** [Hkv · D] or [D] */
  readonly kWeight: Numbers;
  /** [H] */
  readonly bias: Numbers;
  /** [B, N, 2], see tokenVisibility. */
  readonly visibility?: Numbers | undefined;
}

export interface ReferencePreparedHeads {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  readonly logFgate: Float64Array;
  readonly outputGate: Float64Array;
}

/** The parts of a row in their order, with their columns. */
function columnsOf({ numHeads, numKvHeads, headDim }: ReferencePrepareHeadsDims) {
  const [queries, keys] = [numHeads * headDim, numKvHeads * headDim];
  return {
    q: queries,
    k: keys,
    v: keys,
    outputGate: queries,
    kShift: numKvHeads,
    vShift: numKvHeads,
    fgate: numHeads,
  };
}

type Parts = Record<keyof ReturnType<typeof columnsOf>, Float64Array>;

/** Calls back for each part with its first column. */
function forEachPart(
  dims: ReferencePrepareHeadsDims,
  visit: (name: keyof Parts, first: number, columns: number) => void,
): void {
  let first = 0;
  for (const [name, columns] of Object.entries(columnsOf(dims))) {
    visit(name as keyof Parts, first, columns);
    first += columns;
  }
}

/** packed [B, T, width] -> each part [B, T, columns] */
function unpack(dims: ReferencePrepareHeadsDims, packed: Numbers): Parts {
  const tokens = dims.batch * dims.seqLen;
  const parts: Partial<Parts> = {};
  forEachPart(dims, (name, first, columns) => {
    parts[name] = Float64Array.from({ length: tokens * columns }, (_, i) => {
      const [token, column] = [Math.floor(i / columns), i % columns];
      return packed[token * dims.width + first + column]!;
    });
  });
  return parts as Parts;
}

function pack(dims: ReferencePrepareHeadsDims, parts: Parts): Float64Array {
  const packed = new Float64Array(dims.batch * dims.seqLen * dims.width);
  forEachPart(dims, (name, first, columns) => {
    parts[name].forEach((value, i) => {
      const [token, column] = [Math.floor(i / columns), i % columns];
      packed[token * dims.width + first + column] = value;
    });
  });
  return packed;
}

/** What both passes need: the parts, k after its shift, and the dims of each op. */
function prepare(dims: ReferencePrepareHeadsDims, inputs: ReferencePrepareHeadsInputs) {
  const { batch, seqLen, numHeads, numKvHeads, headDim, hasHeadWeights } = dims;
  const parts = unpack(dims, inputs.packed);
  const { visibility } = inputs;
  const shiftDims = { batch, seqLen, numHeads: numKvHeads, headDim };
  const kShift = { y: parts.k, shiftLogit: parts.kShift, visibility };
  const vShift = { y: parts.v, shiftLogit: parts.vShift, visibility };
  const shiftedK = referenceTokenShift(shiftDims, kShift);
  const normDims = (heads: number) => ({
    rows: batch * seqLen * heads,
    columns: headDim,
    weightRows: hasHeadWeights ? heads : 1,
  });
  const logits = parts.fgate.map((value, i) => value + inputs.bias[i % numHeads]!);
  const qNorm = { x: parts.q, weight: inputs.qWeight, eps: dims.eps };
  const kNorm = { x: shiftedK, weight: inputs.kWeight, eps: dims.eps };
  return { parts, shiftDims, kShift, vShift, normDims, logits, qNorm, kNorm };
}

export function referencePrepareHeads(
  dims: ReferencePrepareHeadsDims,
  inputs: ReferencePrepareHeadsInputs,
): ReferencePreparedHeads {
  const { parts, shiftDims, vShift, normDims, logits, qNorm, kNorm } = prepare(dims, inputs);
  return {
    q: referenceRmsNorm(normDims(dims.numHeads), qNorm),
    k: referenceRmsNorm(normDims(dims.numKvHeads), kNorm),
    v: referenceTokenShift(shiftDims, vShift),
    logFgate: referenceLogSigmoid(logits),
    outputGate: parts.outputGate,
  };
}

/** [B, H]: √D · max|γ_q| · max|γ_k|, as a normed row has ‖x‖ ≤ √D · max|γ|. */
export function referenceLogitBound(
  dims: ReferencePrepareHeadsDims,
  { qWeight, kWeight }: Pick<ReferencePrepareHeadsInputs, 'qWeight' | 'kWeight'>,
): Float64Array {
  const { batch, numHeads, numKvHeads, headDim, hasHeadWeights } = dims;
  const largest = (weight: Numbers, head: number): number => {
    const first = hasHeadWeights ? head * headDim : 0;
    return Math.max(...Array.from({ length: headDim }, (_, d) => Math.abs(weight[first + d]!)));
  };
  return Float64Array.from({ length: batch * numHeads }, (_, index) => {
    const head = index % numHeads;
    const keyHead = Math.floor(head / (numHeads / numKvHeads));
    return Math.sqrt(headDim) * largest(qWeight, head) * largest(kWeight, keyHead);
  });
}

/** Gradients of Σ over all outputs of output · its gradient. */
export function referencePrepareHeadsBackward(
  dims: ReferencePrepareHeadsDims,
  inputs: ReferencePrepareHeadsInputs,
  dOutput: { readonly [K in keyof ReferencePreparedHeads]: Numbers },
): Record<'packed' | 'qWeight' | 'kWeight' | 'bias', Float64Array> {
  const { shiftDims, kShift, vShift, normDims, logits, qNorm, kNorm } = prepare(dims, inputs);
  const q = referenceRmsNormBackward(normDims(dims.numHeads), qNorm, dOutput.q);
  const k = referenceRmsNormBackward(normDims(dims.numKvHeads), kNorm, dOutput.k);
  const dk = referenceTokenShiftBackward(shiftDims, kShift, k.dx);
  const dv = referenceTokenShiftBackward(shiftDims, vShift, dOutput.v);
  const fgate = referenceLogSigmoidBackward(logits, dOutput.logFgate);
  const bias = new Float64Array(dims.numHeads);
  fgate.forEach((value, i) => {
    bias[i % dims.numHeads]! += value;
  });
  const packed = pack(dims, {
    ...{ q: q.dx, k: dk.dy, v: dv.dy, outputGate: Float64Array.from(dOutput.outputGate) },
    ...{ kShift: dk.dshiftLogit, vShift: dv.dshiftLogit, fgate },
  });
  return { packed, qWeight: q.dweight, kWeight: k.dweight, bias };
}
