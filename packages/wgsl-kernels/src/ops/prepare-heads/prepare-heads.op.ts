// From one packed projection to what attention reads: norm of q and k, shift of k and v, the forget gate, and the output gate for later. [FoX v2, Sec. 3]

import {
  assertShape,
  type Device,
  defineOp,
  type ForwardContext,
  formatShape,
  offsetIn,
  ShapeError,
  spanOf,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType, assertFloat, assertNumbers, assertVisibility } from '../../lib/check.ts';
import {
  gateAt,
  type HeadDims,
  type PrepareHeadsDims,
  packedWidth,
  prepareGatesBackward,
  prepareHeadsBackward,
  prepareHeadsForward,
  sumsLayout,
  type WeightPlaces,
} from './prepare-heads.kernel.ts';

export interface PrepareHeadsInputs {
  /** [B, T, packedWidth(heads)], f32 or f16: columns as `packedWidth` lists them. */
  readonly packed: Tensor;
  /** Norm weights, f32: [H · D] and [Hkv · D], or [D] for both. */
  readonly qWeight: Tensor;
  readonly kWeight: Tensor;
  /** [H], f32: of the forget gate. */
  readonly bias: Tensor;
}

export interface PrepareHeadsOptions extends HeadDims {
  /** Of both norms. */
  readonly eps: number;
  /** i32 [B, N, 2], see `tokenVisibility`, made without a window: a token that sees nothing before itself is mixed with 0. */
  readonly visibility?: Tensor | undefined;
}

/** q, k, v and outputGate have the dtype of the packed projection. */
export interface PreparedHeads {
  /** [B, T, H, D] */
  readonly q: Tensor;
  /** [B, T, Hkv, D] */
  readonly k: Tensor;
  /** [B, T, Hkv, D] */
  readonly v: Tensor;
  /** [B, T, H], f32 */
  readonly logFgate: Tensor;
  /** [B, T, H · D], before its activation. */
  readonly outputGate: Tensor;
  /** [B, H], f32: no |q·k| / √D of a head exceeds it, by the norm weights. Without a gradient. */
  readonly logitBound: Tensor;
}

interface OpInputs extends PrepareHeadsInputs {
  readonly visibility?: Tensor | undefined;
}

/** What has a gradient. */
type Prepared = Omit<PreparedHeads, 'logitBound'>;

/** Slices begin at a multiple of it. */
const SLICE_STEP = 64;

/** Rounding to f16 may lengthen a normed row by 2^-11, two of them a logit by twice that. */
const HALF_ROUNDING = (1 + 2 ** -11) ** 2;

const prepareHeadsOp = defineOp({
  name: 'prepare-heads',
  constants: ['visibility'],
  forward({
    device,
    inputs,
    attrs: { dims },
  }: ForwardContext<OpInputs, { dims: PrepareHeadsDims }>) {
    const { outputs, queries } = makeOutputs(device, dims);
    const { k, v, logFgate: log_fgate, logitBound: logit_bound } = outputs;
    const { weights, places } = gatherWeights(device, inputs);
    const launch = { ...dims, ...places };
    const { packed, visibility } = inputs;
    prepareHeadsForward.choose(device.caps, launch).kernel.run(device, {
      dims: launch,
      tensors: { packed, weights, visibility, queries, k, v, log_fgate, logit_bound },
    });
    return { output: outputs, saved: inputs };
  },
  backward({ device, dOutput, saved, attrs: { dims }, makePartialSums }) {
    const { shape, dtype } = saved.packed;
    const dPacked = device.empty(shape, { dtype, label: 'd packed projection' });
    const { columns, parts, width } = sumsLayout(dims);
    const sums = makePartialSums(columns, { parts, width });
    const dOutputs = withZeros(device, dims, dOutput);
    packedGradient(device, dims, { saved, dOutputs, dPacked, sums });
    return { packed: dPacked, qWeight: sums, kWeight: sums, bias: sums };
  },
});

/** q and the output gate share a tensor: a kernel binds 8 at most. */
function makeOutputs(device: Device, dims: PrepareHeadsDims) {
  const { batch, seqLen, numHeads, numKvHeads, headDim, dtype } = dims;
  const [tokens, features] = [[batch, seqLen], numHeads * headDim];
  const size = gateAt(dims) + batch * seqLen * features;
  const queries = device.empty([size], { dtype, label: 'q, output gate' });
  const empty = (label: string) => device.empty([...tokens, numKvHeads, headDim], { dtype, label });
  const outputs = {
    q: device.slice(queries, 0, [...tokens, numHeads, headDim]),
    k: empty('k'),
    v: empty('v'),
    logFgate: device.empty([...tokens, numHeads], { label: 'log fgate' }),
    outputGate: device.slice(queries, gateAt(dims), [...tokens, features]),
    logitBound: device.empty([batch, numHeads], { label: 'logit bound' }),
  };
  return { outputs, queries };
}

/** The weights by one binding: as they lie in an arena, else copied side by side. */
function gatherWeights(
  device: Device,
  { qWeight, kWeight, bias }: PrepareHeadsInputs,
): { weights: Tensor; places: WeightPlaces } {
  const span = spanOf([qWeight, kWeight, bias]);
  if (span) {
    const at = (tensor: Tensor) => offsetIn(span, tensor);
    return {
      weights: span,
      places: { qWeight: at(qWeight), kWeight: at(kWeight), bias: at(bias) },
    };
  }
  const step = (size: number) => Math.ceil(size / SLICE_STEP) * SLICE_STEP;
  const places = {
    qWeight: 0,
    kWeight: step(qWeight.size),
    bias: step(qWeight.size) + step(kWeight.size),
  };
  const weights = device.empty([places.bias + bias.size], { label: 'weights of heads' });
  for (const [name, tensor] of Object.entries({ qWeight, kWeight, bias })) {
    const place = device.slice(weights, places[name as keyof WeightPlaces], tensor.shape);
    device.copy(tensor, place);
  }
  return { weights, places };
}

/** Gradients of all outputs: zeros where nothing depends on one. */
function withZeros(
  device: Device,
  dims: PrepareHeadsDims,
  given: { readonly [K in keyof Prepared]: Tensor | null },
): Prepared {
  const { batch, seqLen, numHeads, numKvHeads, headDim, dtype } = dims;
  const zeros = (shape: number[]) => device.zeros([batch, seqLen, ...shape], { dtype });
  return {
    q: given.q ?? zeros([numHeads, headDim]),
    k: given.k ?? zeros([numKvHeads, headDim]),
    v: given.v ?? zeros([numKvHeads, headDim]),
    logFgate: given.logFgate ?? device.zeros([batch, seqLen, numHeads]),
    outputGate: given.outputGate ?? zeros([numHeads * headDim]),
  };
}

interface PackedGradient {
  readonly saved: OpInputs;
  readonly dOutputs: Prepared;
  /** Written, all of it. */
  readonly dPacked: Tensor;
  /** Written: partial sums for the weights. */
  readonly sums: Tensor;
}

function packedGradient(
  device: Device,
  dims: PrepareHeadsDims,
  { saved, dOutputs, dPacked: dpacked, sums }: PackedGradient,
): void {
  const { packed, visibility } = saved;
  const { weights, places } = gatherWeights(device, saved);
  const launch = { ...dims, ...places };
  const { q: dq, k: dk, v: dv, logFgate: dlog_fgate, outputGate: doutput_gate } = dOutputs;
  prepareHeadsBackward.choose(device.caps, launch).kernel.run(device, {
    dims: launch,
    tensors: { packed, weights, visibility, dq, dk, dv, dpacked, sums },
  });
  prepareGatesBackward.run(device, {
    dims: launch,
    tensors: { packed, weights, doutput_gate, dlog_fgate, dpacked, sums },
  });
}

/**
 * What attention reads, from one projection of x to all of it; the same as these, but q and k are rounded once:
 * q = rmsNorm(q), k = rmsNorm(tokenShift(k)), v = tokenShift(v), logFgate = logSigmoid(fgate + bias), and the output gate as it is; and a bound of the logits.
 * @throws ShapeError DTypeError ArgumentError
 */
export function prepareHeads(
  inputs: PrepareHeadsInputs,
  { visibility, eps, ...heads }: PrepareHeadsOptions,
): PreparedHeads {
  const { packed, qWeight, kWeight, bias } = inputs;
  const { numHeads, numKvHeads, headDim } = heads;
  assertFloat('prepareHeads', 'packed', packed);
  assertNumbers('prepareHeads', [
    ['eps', eps, eps >= 0, 'at least 0'],
    ['headDim', headDim, headDim % 4 === 0, 'a multiple of 4'],
  ]);
  const width = packedWidth(heads);
  const { B, T } = assertShape('prepareHeads', 'packed', packed, ['B', 'T', 'W'], { W: width });
  for (const [name, tensor] of Object.entries({ qWeight, kWeight, bias })) {
    assertDType('prepareHeads', name, tensor, 'f32');
  }
  assertShape('prepareHeads', 'bias', bias, ['H'], { H: numHeads });
  assertVisibility('prepareHeads', visibility, { batch: B, seqLen: T, offset: 0 });
  const hasHeadWeights = Number(assertNormWeights(qWeight, kWeight, heads));
  const dims: PrepareHeadsDims = {
    ...{ batch: B, seqLen: T, numHeads, numKvHeads, headDim, width },
    ...{ visibilityLen: visibility?.shape[1] ?? 0, hasHeadWeights, eps, dtype: packed.dtype },
    boundScale: Math.sqrt(headDim) * (packed.dtype === 'f16' ? HALF_ROUNDING : 1),
  };
  return prepareHeadsOp({ ...inputs, visibility }, { dims });
}

/** @returns whether each head has weights of its own @throws ShapeError */
function assertNormWeights(
  { shape: q }: Tensor,
  { shape: k }: Tensor,
  { numHeads, numKvHeads, headDim }: HeadDims,
): boolean {
  const isEach = (heads: number, keyHeads: number): boolean =>
    q.join() === String(heads * headDim) && k.join() === String(keyHeads * headDim);
  if (isEach(1, 1)) return numHeads === 1 && numKvHeads === 1;
  if (isEach(numHeads, numKvHeads)) return true;
  throw new ShapeError(
    `prepareHeads: expected norm weights [${numHeads * headDim}] and [${numKvHeads * headDim}] of ${numHeads} and ${numKvHeads} heads, or [${headDim}] for both, got ${formatShape(q)} and ${formatShape(k)}.`,
  );
}
