// linearCrossEntropy against its f64 reference: inputs, a run with gradients and one case, for its tests in f32 and in f16.

import {
  type Device,
  DTYPE_BYTES,
  type DType,
  disposeAll,
  type Tensor,
  valueAndGrad,
} from '@vulpes/tensor-core';
import { expectMatch, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import type { FloatType } from '../lib/check.ts';
import { referenceToHalf } from '../ops/cast/cast.reference.ts';
import { cast } from '../ops/cast/index.ts';
import { scale } from '../ops/elementwise/index.ts';
import { logitsStride } from '../ops/linear-cross-entropy/chunk-rows.ts';
import type { CrossEntropyCase } from '../ops/linear-cross-entropy/linear-cross-entropy.cases.ts';
import {
  type LinearCrossEntropyOptions,
  linearCrossEntropy,
} from '../ops/linear-cross-entropy/linear-cross-entropy.op.ts';
import {
  type CrossEntropySizes,
  referenceLinearCrossEntropy,
} from '../ops/linear-cross-entropy/linear-cross-entropy.reference.ts';
import { storedAs } from './half.ts';

interface Inputs {
  readonly x: Float32Array<ArrayBuffer>;
  readonly weight: Float32Array<ArrayBuffer>;
  readonly labels: Int32Array;
}

/** Every k-th label is ignored, so that `ignored` are. */
export function makeCrossEntropyInputs(
  { rows, hidden, vocab }: CrossEntropySizes,
  ignored: number,
): Inputs {
  const every = ignored ? Math.floor(rows / ignored) : rows + 1;
  const noise = randomArray(3, rows, { distribution: 'uniform' });
  const label = (i: number) => Math.floor(((noise[i]! + 1) / 2) * (vocab - 1e-3));
  return {
    x: randomArray(1, rows * hidden),
    weight: randomArray(2, vocab * hidden),
    labels: Int32Array.from({ length: rows }, (_, i) =>
      i % every === every - 1 ? -100 : label(i),
    ),
  };
}

interface RunOptions extends LinearCrossEntropyOptions {
  /** Of the parameters. */
  readonly dtype?: FloatType;
  /** Cast to this on the way into the loss. */
  readonly castTo?: FloatType;
}

/** Gradients of 0.5 · loss, so that the upstream gradient is not 1. */
export async function runCrossEntropy(
  device: Device,
  sizes: CrossEntropySizes,
  inputs: Inputs,
  { dtype = 'f32', castTo = dtype, ...options }: RunOptions = {},
) {
  const params = {
    x: device.tensor(inputs.x, [sizes.rows, sizes.hidden], { dtype }),
    weight: device.tensor(inputs.weight, [sizes.vocab, sizes.hidden], { dtype }),
  };
  const labels = device.tensor(inputs.labels, [sizes.rows]);
  const step = valueAndGrad(device, ({ x, weight }) => {
    const inputs = [cast(x!, castTo), cast(weight!, castTo)] as const;
    const { loss, lossPerToken } = linearCrossEntropy(...inputs, labels, options);
    return { loss: scale(loss, 0.5), aux: lossPerToken };
  });
  const { loss, aux, grads } = step(params);
  const read = async (tensor: Tensor) => (await tensor.data()) as Float32Array;
  const results = {
    loss: await read(loss),
    lossPerToken: await read(aux as Tensor),
    dx: await read(grads.x as Tensor),
    dweight: await read(grads.weight as Tensor),
  };
  const made = [loss, aux as Tensor, ...Object.values(grads), ...Object.values(params), labels];
  disposeAll(made);
  return results;
}

/**
 * RMS error ratios. With f16 against logits that are rounded as the op rounds them: where two sums differ, a logit is off by 2^-11.
 * Gradients come from a softmax of f16, and dx is rounded once more.
 */
const BOUNDS = {
  f32: { loss: 1e-6, lossPerToken: 1e-6, dx: 3e-6, dweight: 3e-6 },
  f16: { loss: 5e-5, lossPerToken: 1e-4, dx: 1e-3, dweight: 6e-4 },
} as const;

/** One case against the reference, on poisoned memory. */
export async function checkCrossEntropy(
  device: Device,
  { chunkRows, ignored, ...sizes }: CrossEntropyCase,
  { dtype = 'f32', castTo = dtype }: RunOptions = {},
) {
  const made = makeCrossEntropyInputs(sizes, ignored);
  const inputs = { ...made, x: storedAs(castTo, made.x), weight: storedAs(castTo, made.weight) };
  const logitsBudgetBytes = rowBytes(sizes.vocab, castTo) * chunkRows;
  const actual = await underTwoFills(device, () =>
    runCrossEntropy(device, sizes, inputs, { logitsBudgetBytes, dtype, castTo }),
  );
  const { x, weight, labels } = inputs;
  const store = castTo === 'f16' ? referenceToHalf : undefined;
  const expected = referenceLinearCrossEntropy(sizes, x, weight, labels, undefined, store);
  const half = (array: Float64Array) => array.map((value) => value / 2);
  const bounds = BOUNDS[castTo];
  expectMatch('loss', actual.loss, [expected.loss / 2], bounds.loss);
  expectMatch('lossPerToken', actual.lossPerToken, expected.lossPerToken, bounds.lossPerToken);
  expectMatch('dx', actual.dx, half(expected.dx), bounds.dx);
  expectMatch('dweight', actual.dweight, half(expected.dweight), bounds.dweight);
}

const rowBytes = (vocab: number, dtype: DType) => DTYPE_BYTES[dtype] * logitsStride(vocab, dtype);
