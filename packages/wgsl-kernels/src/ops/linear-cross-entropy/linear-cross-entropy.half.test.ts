// The fused loss of f16 tensors: against the f64 reference with logits that are rounded to f16.

import { type Device, disposeAll } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import {
  checkCrossEntropy as checkCase,
  makeCrossEntropyInputs as makeInputs,
  runCrossEntropy as run,
} from '../../testing/check-cross-entropy.ts';
import { logitsStride } from './chunk-rows.ts';
import { crossEntropyCases } from './linear-cross-entropy.cases.ts';
import { crossEntropyRowsScalar, crossEntropyRowsTiled } from './linear-cross-entropy.kernel.ts';
import { linearCrossEntropy } from './linear-cross-entropy.op.ts';

const dtype = 'f16' as const;

/** Loss and gradient of seven rows of given logits, by one kernel. A tiled product, too, would take a software adapter half a minute to compile. */
async function runRows(
  device: Device,
  kernel: typeof crossEntropyRowsScalar | typeof crossEntropyRowsTiled,
) {
  const dims = { rows: 7, vocab: 1031, firstRow: 0, ignoreIndex: -100, needsGrad: true, dtype };
  const stride = logitsStride(dims.vocab, dtype);
  return await underTwoFills(device, async () => {
    const results = device.scope(() => {
      const data = randomArray(1, dims.rows * stride, { scale: 3 });
      const logits = device.tensor(data, [dims.rows, stride], { dtype });
      const labels = device.tensor(Int32Array.of(0, 1030, 5, -100, 77, 1028, 512), [7]);
      const count = device.tensor([6], [1]);
      const loss_per_token = device.empty([7]);
      kernel.run(device, { dims, tensors: { logits, labels, count, loss_per_token } });
      return { loss: loss_per_token, gradient: logits };
    });
    const [loss, gradient] = await device.read([results.loss, results.gradient]);
    disposeAll(results);
    return { loss: loss as Float32Array, gradient: gradient as Float32Array };
  });
}

gpuSuite(
  'linearCrossEntropy of f16',
  (device) => {
    test.each(crossEntropyCases)('$id', (row) => checkCase(device(), row, { dtype: 'f16' }));

    test('gradients of f16 tensors that are no parameters', () =>
      checkCase(device(), crossEntropyCases[1]!, { dtype: 'f32', castTo: 'f16' }));

    const sizes = { rows: 6, hidden: 4, vocab: 9 };

    test('all labels ignored: loss and gradients are 0', async () => {
      const inputs = { ...makeInputs(sizes, 0), labels: new Int32Array(6).fill(-100) };
      const actual = await run(device(), sizes, inputs, { dtype: 'f16' });
      for (const array of Object.values(actual)) expect(array.every((v) => v === 0)).toBe(true);
    });

    test('a label outside the vocabulary makes loss and gradient NaN, and spoils no other row', async () => {
      const inputs = makeInputs(sizes, 0);
      inputs.labels[2] = 9;
      const actual = await run(device(), sizes, inputs, { dtype: 'f16' });
      expect(actual.loss[0]).toBeNaN();
      expect([...actual.dx].map(Number.isNaN)).toEqual([...actual.dx].map((_, i) => i >> 2 === 2));
    });

    test('a logit beyond 65,504 shows in the loss of its row, and in no other', async () => {
      const inputs = makeInputs(sizes, 0);
      inputs.x.fill(30_000, 8, 12);
      inputs.weight.fill(4, 0, 4);
      const { lossPerToken } = await run(device(), sizes, inputs, { dtype: 'f16' });
      expect([...lossPerToken].map(Number.isFinite)).toEqual([1, 1, 0, 1, 1, 1].map(Boolean));
    });

    test('tiled rows give what scalar rows give', async () => {
      const scalar = await runRows(device(), crossEntropyRowsScalar);
      const tiled = await runRows(device(), crossEntropyRowsTiled);
      expectMatch('loss per token', tiled.loss, scalar.loss, 1e-6);
      // Where a value lies between two f16 numbers, the last bit of its sum decides.
      expectMatch('gradient', tiled.gradient, scalar.gradient, 1e-5);
    });

    test('rejects a weight of another dtype', () => {
      const x = device().zeros([6, 4], { dtype: 'f16' });
      const labels = device().zeros([6], { dtype: 'i32' });
      expect(() => linearCrossEntropy(x, device().zeros([9, 4]), labels)).toThrow(
        'linearCrossEntropy: expected weight f16 as x is, got f32[9, 4]. Cast one of them before the call.',
      );
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
