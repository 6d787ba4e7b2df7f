// linearCrossEntropy: the output projection and its loss in one op that never holds all logits.

import {
  ArgumentError,
  assertShape,
  type Device,
  type DType,
  defineOp,
  type ForwardContext,
  type Tensor,
  UnsupportedError,
} from '@vulpes/tensor-core';
import { assertDType, assertSameFloat } from '../../lib/check.ts';
import { scaleBy } from '../elementwise/index.ts';
import { launchMatmul } from '../matmul/launch.ts';
import { sumRows } from '../sum-rows/index.ts';
import { logitsBudget, logitsStride, selectChunkRows } from './chunk-rows.ts';
import { countedFlags, crossEntropyRows, meanLoss } from './linear-cross-entropy.kernel.ts';

export interface LinearCrossEntropyOptions {
  /** Rows with this label add nothing to loss and gradient. Default −100. */
  ignoreIndex?: number;
  /** Bytes that the logits of one chunk may take. Default 256 MiB, on software adapters 64 MiB. */
  logitsBudgetBytes?: number;
}

interface Attrs {
  readonly rows: number;
  readonly hidden: number;
  readonly vocab: number;
  readonly chunkRows: number;
  readonly ignoreIndex: number;
  /** Of x, weight and the logits. */
  readonly dtype: DType;
}

/** One chunk of rows, and what it reads and writes. */
interface Chunk extends Attrs {
  readonly firstRow: number;
  readonly count: Tensor;
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly labels: Tensor;
  readonly logits: Tensor;
  readonly lossPerToken: Tensor;
  /** Present where gradients are wanted: of the mean loss with f32, of the sum of all losses with f16. */
  readonly gradients: { readonly dx: Tensor; readonly dWeight: Tensor } | null;
}

interface LossInputs {
  readonly x: Tensor;
  readonly weight: Tensor;
  readonly labels: Tensor;
}

const linearCrossEntropyOp = defineOp({
  name: 'linearCrossEntropy',
  constants: ['labels'],
  forward({ device, inputs, attrs, needsGrad }: ForwardContext<LossInputs, Attrs>) {
    const { x, weight, labels } = inputs;
    const count = countLabels(device, labels, attrs);
    const lossPerToken = device.empty([attrs.rows], { label: 'loss per token' });
    const { chunkRows, vocab, dtype } = attrs;
    const shape = [chunkRows, logitsStride(vocab, dtype)];
    const logits = device.empty(shape, { dtype, label: 'logits' });
    const gradients = needsGrad
      ? {
          dx: device.empty(x.shape, { dtype, label: 'd logits x' }),
          dWeight: device.empty(weight.shape, { label: 'd logits weight' }),
        }
      : null;
    const chunk = { ...attrs, ...inputs, count, logits, lossPerToken, gradients };
    for (let firstRow = 0; firstRow < attrs.rows; firstRow += attrs.chunkRows) {
      runChunk(device, { ...chunk, firstRow });
    }
    const loss = device.empty([1], { label: 'loss' });
    divide(device, sumRows(lossPerToken, 1), count, loss);
    return { output: { loss, lossPerToken }, saved: gradients && { ...gradients, count } };
  },
  backward({ device, dOutput, saved: { dx, dWeight, count }, attrs, needs, makeGradient }) {
    const { loss: dLoss } = dOutput;
    if (!dLoss || dOutput.lossPerToken) {
      throw new UnsupportedError(
        'linearCrossEntropy: expected a gradient of loss only, got one of lossPerToken. Use loss in what you differentiate; lossPerToken is for reports.',
      );
    }
    const factor =
      attrs.dtype === 'f32' ? dLoss : device.empty([1], { label: 'd loss of a label' });
    if (factor !== dLoss) divide(device, dLoss, count, factor);
    return {
      x: needs.x ? scaleBy(dx, factor, makeGradient('x')) : null,
      weight: needs.weight ? scaleBy(dWeight, factor, makeGradient('weight')) : null,
    };
  },
});

/** Number of labels that are not ignored, [1] f32: exact up to 2^24. */
function countLabels(device: Device, labels: Tensor, { rows, ignoreIndex }: Attrs): Tensor {
  const flags = device.empty([rows], { label: 'counted labels' });
  countedFlags.run(device, { dims: { rows, ignoreIndex }, tensors: { labels, flags } });
  return sumRows(flags, 1);
}

/** quotient = sum / max(count, 1), [1] each */
function divide(device: Device, sum: Tensor, count: Tensor, quotient: Tensor): void {
  meanLoss.run(device, { dims: {}, tensors: { sum, count, loss: quotient } });
}

/** Logits of the chunk, their loss and gradient in place, and the chunk's part of dx and dWeight. */
function runChunk(device: Device, chunk: Chunk): void {
  const { x, weight, logits, gradients, firstRow, hidden, vocab } = chunk;
  const rows = Math.min(chunk.chunkRows, chunk.rows - firstRow);
  const stride = logitsStride(vocab, chunk.dtype);
  const offset = firstRow * hidden;
  const product = { a: x, b: weight, c: logits, m: rows, n: vocab, k: hidden };
  launchMatmul(device, { ...product, transposeB: true, offsetA: offset, ldc: stride });
  runRows(device, chunk, rows);
  if (!gradients) return;
  const { dx, dWeight } = gradients;
  const dInput = { a: logits, b: weight, c: dx, m: rows, n: hidden, k: vocab };
  launchMatmul(device, { ...dInput, lda: stride, offsetC: offset });
  const dw = { a: logits, b: x, c: dWeight, m: vocab, n: hidden, k: rows };
  const accumulate = firstRow > 0;
  launchMatmul(device, { ...dw, transposeA: true, lda: stride, offsetB: offset, accumulate });
}

function runRows(device: Device, chunk: Chunk, rows: number): void {
  const { vocab, firstRow, ignoreIndex, dtype, gradients } = chunk;
  const { logits, labels, count, lossPerToken } = chunk;
  const dims = { rows, vocab, needsGrad: gradients !== null, firstRow, ignoreIndex, dtype };
  crossEntropyRows.choose(device.caps, dims).kernel.run(device, {
    dims,
    tensors: { logits, labels, count, loss_per_token: lossPerToken },
  });
}

/**
 * Cross-entropy of softmax(x Wᵀ), in nats, chunk by chunk: memory for one chunk of logits, none for backward.
 * A label outside the vocabulary that is not `ignoreIndex` makes loss and gradient NaN; see `assertLabels`.
 * With f16 the logits are f16: one beyond 65,504 makes the loss of its row NaN. Loss and the gradient of a parameter stay f32.
 * @param x - [N, h], f32 or f16
 * @param weight - [V, h], in the dtype of x
 * @param labels - [N], i32
 * @returns loss [1], the mean over labels that are not ignored (0 where all are); lossPerToken [N], 0 where ignored, without gradient
 * @throws ShapeError DTypeError ArgumentError DeviceLimitError
 */
export function linearCrossEntropy(
  x: Tensor,
  weight: Tensor,
  labels: Tensor,
  options: LinearCrossEntropyOptions = {},
): { loss: Tensor; lossPerToken: Tensor } {
  const op = 'linearCrossEntropy';
  const { caps } = x.device;
  const { ignoreIndex = -100, logitsBudgetBytes = logitsBudget(caps) } = options;
  assertSameFloat(op, { x, weight });
  assertDType(op, 'labels', labels, 'i32');
  if (!Number.isInteger(ignoreIndex)) {
    throw new ArgumentError(`${op}: expected an integer ignoreIndex, got ${ignoreIndex}.`);
  }
  const { N: rows, h: hidden } = assertShape(op, 'x', x, ['N', 'h']);
  const { V: vocab } = assertShape(op, 'weight', weight, ['V', 'h'], { h: hidden });
  assertShape(op, 'labels', labels, ['N'], { N: rows });
  const { dtype } = x;
  const request = { rows, vocab, budgetBytes: logitsBudgetBytes, dtype };
  const chunkRows = selectChunkRows(request, caps.limits);
  const attrs = { rows, hidden, vocab, chunkRows, ignoreIndex, dtype };
  return linearCrossEntropyOp({ x, weight, labels }, attrs);
}
