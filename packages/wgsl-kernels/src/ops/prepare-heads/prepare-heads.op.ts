// From one packed projection to what attention reads: norm of q and k, shift of k and v, the forget gate, and the output gate for later. [FoX v2, Sec. 3]

import {
  assertShape,
  type Device,
  defineOp,
  type ForwardContext,
  formatShape,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType, assertFloat, assertNumbers, assertVisibility } from '../../lib/check.ts';
import {
  type HeadDims,
  type PrepareHeadsDims,
  packedWidth,
  prepareGatesBackward,
  prepareQueryKeyBackward,
  prepareQueryKeyForward,
  prepareValuesBackward,
  prepareValuesForward,
  prepareWeightSums,
  sumsLayout,
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
}

interface OpInputs extends PrepareHeadsInputs {
  readonly visibility?: Tensor | undefined;
}

const prepareHeadsOp = defineOp({
  name: 'prepare-heads',
  constants: ['visibility'],
  forward({
    device,
    inputs,
    attrs: { dims },
  }: ForwardContext<OpInputs, { dims: PrepareHeadsDims }>) {
    const output = makeOutputs(device, dims);
    const { q, k, v, outputGate: output_gate, logFgate: log_fgate } = output;
    const { packed, qWeight: q_weight, kWeight: k_weight, bias, visibility } = inputs;
    prepareQueryKeyForward.choose(device.caps, dims).kernel.run(device, {
      dims,
      tensors: { packed, q_weight, k_weight, visibility, q, k },
    });
    prepareValuesForward.run(device, {
      dims,
      tensors: { packed, bias, visibility, v, output_gate, log_fgate },
    });
    return { output, saved: inputs };
  },
  backward({ device, dOutput, saved, attrs: { dims }, makeGradient }) {
    const { shape, dtype } = saved.packed;
    const dPacked = device.empty(shape, { dtype, label: 'd packed projection' });
    const sums = device.empty([sumsLayout(dims).size], { label: 'sums of prepare-heads' });
    const dOutputs = withZeros(device, dims, dOutput);
    packedGradient(device, dims, { inputs: saved, dOutputs, dPacked, sums });
    const [dq_weight, dk_weight] = [makeGradient('qWeight'), makeGradient('kWeight')];
    const dbias = makeGradient('bias');
    prepareWeightSums.choose(device.caps, dims).kernel.run(device, {
      dims,
      tensors: { sums, dq_weight, dk_weight, dbias },
    });
    return { packed: dPacked, qWeight: dq_weight, kWeight: dk_weight, bias: dbias };
  },
});

function makeOutputs(device: Device, dims: PrepareHeadsDims): PreparedHeads {
  const { batch, seqLen, numHeads, numKvHeads, headDim, dtype } = dims;
  const empty = (shape: number[], label: string) =>
    device.empty([batch, seqLen, ...shape], { dtype, label });
  return {
    q: empty([numHeads, headDim], 'q'),
    k: empty([numKvHeads, headDim], 'k'),
    v: empty([numKvHeads, headDim], 'v'),
    logFgate: device.empty([batch, seqLen, numHeads], { label: 'log fgate' }),
    outputGate: empty([numHeads * headDim], 'output gate'),
  };
}

/** Gradients of all outputs: zeros where nothing depends on one. */
function withZeros(
  device: Device,
  dims: PrepareHeadsDims,
  given: { readonly [K in keyof PreparedHeads]: Tensor | null },
): PreparedHeads {
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
  readonly inputs: OpInputs;
  readonly dOutputs: PreparedHeads;
  /** Written, all of it. */
  readonly dPacked: Tensor;
  /** Written: partial sums for the weights. */
  readonly sums: Tensor;
}

function packedGradient(
  device: Device,
  dims: PrepareHeadsDims,
  { inputs, dOutputs, dPacked: dpacked, sums }: PackedGradient,
): void {
  const { packed, qWeight: q_weight, kWeight: k_weight, bias, visibility } = inputs;
  const { q: dq, k: dk, v: dv, logFgate: dlog_fgate, outputGate: doutput_gate } = dOutputs;
  prepareQueryKeyBackward.choose(device.caps, dims).kernel.run(device, {
    dims,
    tensors: { packed, q_weight, k_weight, visibility, dq, dk, dpacked, sums },
  });
  prepareValuesBackward.choose(device.caps, dims).kernel.run(device, {
    dims,
    tensors: { packed, visibility, dv, doutput_gate, dpacked, sums },
  });
  prepareGatesBackward.run(device, {
    dims,
    tensors: { packed, bias, dlog_fgate, dpacked, sums },
  });
}

/**
 * What attention reads, from one projection of x to all of it; the same as these, but q and k are rounded once:
 * q = rmsNorm(q), k = rmsNorm(tokenShift(k)), v = tokenShift(v), logFgate = logSigmoid(fgate + bias), and the output gate as it is.
 * @throws ShapeError DTypeError ArgumentError
 */
export function prepareHeads(
  inputs: PrepareHeadsInputs,
  { visibility, eps, ...heads }: PrepareHeadsOptions,
): PreparedHeads {
  const { packed, qWeight, kWeight, bias } = inputs;
  const { numHeads, numKvHeads, headDim } = heads;
  assertFloat('prepareHeads', 'packed', packed);
  assertNumbers('prepareHeads', [['eps', eps, eps >= 0, 'at least 0']]);
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
