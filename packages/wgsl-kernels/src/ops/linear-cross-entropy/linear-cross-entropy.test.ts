// The fused loss against its f64 reference: loss, loss per token and both gradients, with the scalar and the tiled variants.

import { disposeAll, valueAndGrad } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import {
  checkCrossEntropy as checkCase,
  makeCrossEntropyInputs as makeInputs,
  runCrossEntropy as run,
} from '../../testing/check-cross-entropy.ts';
import { assertLabels } from './assert-labels.ts';
import { logitsBudget, logitsStride, selectChunkRows } from './chunk-rows.ts';
import { crossEntropyCases } from './linear-cross-entropy.cases.ts';
import { linearCrossEntropy } from './linear-cross-entropy.op.ts';
import { referenceLinearCrossEntropy } from './linear-cross-entropy.reference.ts';

test('reference backward agrees with finite differences', () => {
  const sizes = { rows: 4, hidden: 3, vocab: 5 };
  const { labels } = makeInputs(sizes, 1);
  const worst = gradcheck({
    inputs: {
      x: Float64Array.from(randomArray(1, 12)),
      weight: Float64Array.from(randomArray(2, 15)),
    },
    forward: ({ x, weight }) => referenceLinearCrossEntropy(sizes, x, weight, labels).loss,
    backward: ({ x, weight }) => {
      const { dx, dweight } = referenceLinearCrossEntropy(sizes, x, weight, labels);
      return { x: dx, weight: dweight };
    },
  });
  expect(worst).toBeLessThan(1e-6);
});

test('chunks hold the budget, the limits of the device, and all rows', () => {
  const limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };
  const chunk = (rows: number, vocab: number, budgetBytes: number) =>
    selectChunkRows({ rows, vocab, budgetBytes, dtype: 'f32' }, limits);
  expect(chunk(4096, 256, 2 ** 26)).toBe(4096);
  expect(chunk(4096, 50257, 2 ** 26)).toBe(256);
  expect(chunk(100, 50257, 1)).toBe(1);
  expect(chunk(65536, 50257, 2 ** 40) * 4 * logitsStride(50257, 'f32')).toBeLessThanOrEqual(
    2 ** 27,
  );
  expect(() => chunk(1, 2 ** 26, 2 ** 26)).toThrow(/Use a smaller vocabulary/);
});

test('several chunks have a multiple of 256 rows each, where as many fit', () => {
  const limits = { maxBufferSize: 2 ** 40, maxStorageBufferBindingSize: 2 ** 40 };
  // A vocabulary of 4 makes rows of 16 bytes.
  const chunk = (rows: number, most: number) =>
    selectChunkRows({ rows, vocab: 4, budgetBytes: 16 * most, dtype: 'f32' }, limits);
  expect([1, 255, 257, 1000].map((rows) => chunk(rows, 1000))).toEqual([1, 255, 257, 1000]);
  expect(chunk(1001, 1000)).toBe(512);
  expect(chunk(4096, 1335)).toBe(1024);
  expect(chunk(10_000, 1023)).toBe(768);
  expect(chunk(257, 256)).toBe(256);
  // Fewer than 256 fit: as even as can be.
  expect(chunk(257, 255)).toBe(129);
  for (let most = 1; most < 2000; most += 37) {
    for (const rows of [1, 300, 1111, 16_384]) {
      const size = chunk(rows, most);
      expect(size).toBeLessThanOrEqual(most);
      if (size < rows && most >= 256) expect(size % 256).toBe(0);
    }
  }
});

test('f16 logits take half the bytes, in rows of whole 16 bytes', () => {
  const limits = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };
  expect([1, 8, 9, 50257].map((vocab) => logitsStride(vocab, 'f16'))).toEqual([8, 8, 16, 50264]);
  expect([1, 4, 5, 50257].map((vocab) => logitsStride(vocab, 'f32'))).toEqual([4, 4, 8, 50260]);
  const request = { rows: 4096, vocab: 50257, budgetBytes: 2 ** 26 };
  expect(selectChunkRows({ ...request, dtype: 'f32' }, limits)).toBe(256);
  expect(selectChunkRows({ ...request, dtype: 'f16' }, limits)).toBe(512);
});

test('GPUs have a larger budget than software adapters', () => {
  expect([true, false].map((isSoftware) => logitsBudget({ isSoftware }))).toEqual([
    2 ** 26,
    2 ** 28,
  ]);
});

test('labels on the host are checked', () => {
  assertLabels(Int32Array.of(0, 255, -100), 256);
  expect(() => assertLabels(Int32Array.of(0, 256), 256)).toThrowErrorMatchingInlineSnapshot(
    `[ArgumentError: linearCrossEntropy: expected labels from 0 to 255, or -100 to ignore a row, got 256 at index 1. Check the tokenizer against the model's vocabulary.]`,
  );
  expect(() => assertLabels(Int32Array.of(-1), 256)).toThrow(/got -1 at index 0/);
});

gpuSuite(
  'linearCrossEntropy',
  (device) => {
    test.each(crossEntropyCases)('$id', (row) => checkCase(device(), row));

    const sizes = { rows: 6, hidden: 4, vocab: 9 };

    test('without a tape only the loss is computed', async () => {
      const { x, weight, labels } = makeInputs(sizes, 2);
      const expected = referenceLinearCrossEntropy(sizes, x, weight, labels);
      const actual = await underTwoFills(device(), async () => {
        const tensors = [
          device().tensor(x, [6, 4]),
          device().tensor(weight, [9, 4]),
          device().tensor(labels, [6]),
        ] as const;
        const { loss, lossPerToken } = linearCrossEntropy(...tensors);
        const result = {
          loss: (await loss.data()) as Float32Array,
          lossPerToken: (await lossPerToken.data()) as Float32Array,
        };
        disposeAll([...tensors, loss, lossPerToken]);
        return result;
      });
      expectMatch('loss', actual.loss, [expected.loss], 1e-6);
      expectMatch('lossPerToken', actual.lossPerToken, expected.lossPerToken, 1e-6);
    });

    test('all labels ignored: loss and gradients are 0', async () => {
      const inputs = { ...makeInputs(sizes, 0), labels: new Int32Array(6).fill(-7) };
      const actual = await run(device(), sizes, inputs, { ignoreIndex: -7 });
      for (const array of Object.values(actual)) expect(array.every((v) => v === 0)).toBe(true);
    });

    test('a label outside the vocabulary makes loss and gradient NaN, and spoils no other row', async () => {
      for (const wrong of [9, -1, 2 ** 31 - 1]) {
        const inputs = makeInputs(sizes, 0);
        inputs.labels[2] = wrong;
        const actual = await underTwoFills(device(), () => run(device(), sizes, inputs));
        expect(actual.loss[0]).toBeNaN();
        expect([...actual.dx].map(Number.isNaN)).toEqual(
          [...actual.dx].map((_, i) => i >> 2 === 2),
        );
        expect([...actual.lossPerToken].map(Number.isNaN)).toEqual([0, 0, 1, 0, 0, 0].map(Boolean));
      }
    });

    test("GPT-2's vocabulary of 50,257, in chunks of two rows", async () => {
      const large = { rows: 5, hidden: 3, vocab: 50257 };
      const inputs = makeInputs(large, 1);
      inputs.labels[0] = 50256;
      const options = { logitsBudgetBytes: 2 * 4 * logitsStride(large.vocab, 'f32') };
      const actual = await run(device(), large, inputs, options);
      const expected = referenceLinearCrossEntropy(large, inputs.x, inputs.weight, inputs.labels);
      expectMatch('lossPerToken', actual.lossPerToken, expected.lossPerToken, 1e-6);
      for (const name of ['dx', 'dweight'] as const)
        expectMatch(
          name,
          actual[name],
          expected[name].map((value) => value / 2),
          3e-6,
        );
    });

    test('large logits neither overflow nor lose the loss', async () => {
      const inputs = makeInputs(sizes, 0);
      inputs.x.forEach((value, i) => {
        inputs.x[i] = value * 100;
      });
      const actual = await run(device(), sizes, inputs);
      const expected = referenceLinearCrossEntropy(sizes, inputs.x, inputs.weight, inputs.labels);
      expectMatch('loss', actual.loss, [expected.loss / 2], 1e-6);
    });

    test('lossPerToken has no gradient, and says so', () => {
      const labels = device().zeros([1], { dtype: 'i32' });
      const params = { x: device().zeros([1, 4]), weight: device().zeros([9, 4]) };
      const step = valueAndGrad(device(), ({ x, weight }) => ({
        loss: linearCrossEntropy(x!, weight!, labels).lossPerToken,
      }));
      expect(() => step(params)).toThrow(/lossPerToken is for reports/);
    });

    test('rejects shapes and types that do not fit', () => {
      const [x, weight] = [device().zeros([6, 4]), device().zeros([9, 4])];
      const labels = device().zeros([6], { dtype: 'i32' });
      expect(() => linearCrossEntropy(x, device().zeros([9, 5]), labels)).toThrow(
        /expected weight \[V, h\] with h=4, got \[9, 5\]/,
      );
      expect(() => linearCrossEntropy(x, weight, device().zeros([6]))).toThrow(/labels i32/);
      expect(() => linearCrossEntropy(x, weight, labels, { ignoreIndex: 0.5 })).toThrow(
        /integer ignoreIndex/,
      );
    });
  },
  ['scalar'],
);

// A tiled matmul takes a software adapter a second to compile: one case with all the features.
gpuSuite(
  'linearCrossEntropy',
  (device) => {
    const chunked = crossEntropyCases.filter(({ id }) => id.includes('N111'));
    test.each(chunked)('$id', (row) => checkCase(device(), row));

    test('a label outside the vocabulary makes the loss NaN', async () => {
      const sizes = { rows: 6, hidden: 4, vocab: 9 };
      const { x, weight, labels } = makeInputs(sizes, 0);
      labels[2] = 9;
      const { loss, lossPerToken } = device().scope(() =>
        linearCrossEntropy(
          device().tensor(x, [6, 4]),
          device().tensor(weight, [9, 4]),
          device().tensor(labels, [6]),
        ),
      );
      expect((await loss.data())[0]).toBeNaN();
      expect([...(await lossPerToken.data())].map(Number.isNaN)).toEqual(
        [0, 0, 1, 0, 0, 0].map(Boolean),
      );
    });
  },
  ['tiled'],
);
