// Packed documents are separate runs, and tokens that forget everything stand alone.

import { type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite } from '@vulpes/tensor-core/testing';
import { packedOffsets } from '@vulpes/wgsl-kernels';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FoxConfig } from '../config/config.ts';
import { foxConfig } from '../config/make-config.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import type { Params } from '../parameters/params.ts';
import { referenceBatch } from '../reference/batch.ts';
import { toHostWeights } from '../reference/check.ts';
import { randomWeights } from '../reference/random-weights.ts';
import { createModel, type LossInputs } from './model.ts';

const VOCAB = 24;
const small: Partial<FoxConfig> = {
  vocabSize: VOCAB,
  hiddenSize: 32,
  numHeads: 2,
  numHiddenLayers: 2,
  intermediateSize: 16,
  qkNorm: true,
  useKShift: true,
  useVShift: true,
};
const makeWeights = (config: FoxConfig) => randomWeights(parameterSpecs(config), 5);

interface Document {
  readonly ids: readonly number[];
  /** −100 at the end. */
  readonly labels: readonly number[];
}

const token = fc.integer({ min: 0, max: VOCAB - 1 });
/** At least two tokens: one label counts. */
const document: fc.Arbitrary<Document> = fc
  .array(token, { minLength: 2, maxLength: 14 })
  .map((ids) => ({ ids, labels: [...ids.slice(1), -100] }));
const documents = fc.array(document, { minLength: 1, maxLength: 4 });

const packed = (all: readonly Document[]) => ({
  ids: Int32Array.from(all.flatMap(({ ids }) => ids)),
  labels: Int32Array.from(all.flatMap(({ labels }) => labels)),
  lengths: all.map(({ ids }) => ids.length),
});

describe('the f64 reference', () => {
  test('gives packed documents the losses of separate runs', () => {
    const config = foxConfig({ ...small, useRope: true });
    const weights = makeWeights(config);
    fc.assert(
      fc.property(documents, (all) => {
        const { ids, labels, lengths } = packed(all);
        const cuSeqlens = [0];
        for (const length of lengths) cuSeqlens.push((cuSeqlens.at(-1) as number) + length);
        const whole = referenceBatch(config, weights, {
          inputIds: ids,
          labels,
          seqStart: [0],
          cuSeqlens,
        });
        const apart = all.flatMap((one) => {
          const { ids: inputIds, labels } = packed([one]);
          return [
            ...referenceBatch(config, weights, { inputIds, labels, seqStart: [0] }).lossPerToken,
          ];
        });
        expectMatch('loss per token', whole.lossPerToken, apart, 1e-12);
      }),
      { seed: 42, numRuns: 40 },
    );
  });
});

gpuSuite('packing', (device) => {
  /** Losses and gradients of one sequence on the device; frees all it made. */
  const run = async (config: FoxConfig, all: readonly Document[]) => {
    const { ids, labels, lengths } = packed(all);
    const model = createModel(config, device());
    const params = model.upload(toHostWeights(parameterSpecs(config), makeWeights(config)));
    const inputs: LossInputs = {
      inputIds: device().tensor(ids, [1, ids.length]),
      labels: device().tensor(labels, [1, ids.length]),
      ...(all.length > 1 && { cuSeqlens: packedOffsets(device(), lengths) }),
    };
    const step = valueAndGrad(device(), (p: Params, i: LossInputs) => model.loss(p, i));
    const { loss, aux, grads } = step(params, inputs);
    const { lossPerToken, pruningCounts } = aux as NonNullable<typeof aux>;
    const losses = [...(await lossPerToken.data())];
    const names = Object.keys(grads);
    const gradients = await Promise.all(Object.values(grads).map((grad) => grad.data()));
    const made: Tensor[] = [loss, lossPerToken, ...pruningCounts, ...Object.values(grads)];
    for (const tensor of [...made, ...Object.values(params), ...Object.values(inputs)])
      (tensor as Tensor).dispose();
    return { losses, names, gradients };
  };

  const dense = { logPruningTolerance: null };
  test.each<[string, Partial<FoxConfig>]>([
    ['dense', dense],
    ['paper', {}],
    ['certified', { pruningMode: 'certified' }],
    ['windowed, with RoPE', { ...dense, windowSize: 6, useRope: true }],
  ])('%s: packed documents have the losses of separate runs', async (_name, fields) => {
    const config = foxConfig({ ...small, ...fields });
    await fc.assert(
      fc.asyncProperty(documents, async (all) => {
        const whole = await run(config, all);
        const apart = await Promise.all(all.map((one) => run(config, [one])));
        const losses = apart.flatMap((one) => one.losses);
        expectMatch('loss per token', whole.losses, losses, 2e-6);
      }),
      { seed: 42, numRuns: 4 },
    );
  });

  test('packed documents have the gradients of separate runs, by counted labels', async () => {
    const config = foxConfig(small);
    const all = fc.sample(document, { seed: 7, numRuns: 3 });
    const counted = all.map(({ ids }) => ids.length - 1);
    const total = counted.reduce((sum, count) => sum + count, 0);
    const whole = await run(config, all);
    const apart = await Promise.all(all.map((one) => run(config, [one])));
    for (const [at, name] of whole.names.entries()) {
      const gradient = whole.gradients[at] as Float32Array;
      const expected = Array.from(gradient, (_, i) =>
        apart.reduce((sum, { gradients }, d) => {
          const share = (counted[d] as number) / total;
          return sum + share * (gradients[at]?.[i] as number);
        }, 0),
      );
      expectMatch(name, gradient, expected, name.includes('fgate') ? 1e-4 : 2e-5);
    }
  });

  test('gates of −1000 nats isolate every token, as a window of 1 does', async () => {
    const fields = { ...small, useKShift: false, useVShift: false, ...dense };
    const [isolated, windowed] = [foxConfig(fields), foxConfig({ ...fields, windowSize: 1 })];
    const weights = toHostWeights(parameterSpecs(isolated), makeWeights(isolated));
    for (const [name, { data }] of Object.entries(weights))
      if (name.endsWith('fgate_proj.bias')) data.fill(-1000);
    await fc.assert(
      fc.asyncProperty(fc.array(token, { minLength: 2, maxLength: 20 }), async (ids) => {
        const [isolatedLogits, windowedLogits] = await Promise.all(
          [isolated, windowed].map((config) => {
            const model = createModel(config, device());
            const inputIds = device().tensor(Int32Array.from(ids), [1, ids.length]);
            return model.logits(model.upload(weights), { inputIds }).data();
          }),
        );
        expectMatch('logits', isolatedLogits as Float32Array, windowedLogits as Float32Array, 1e-6);
      }),
      { seed: 42, numRuns: 4 },
    );
  });

  test('offsets for another batch are refused', () => {
    const model = createModel(foxConfig(small), device());
    const inputIds = device().zeros([2, 4], { dtype: 'i32' });
    const cuSeqlens = packedOffsets(device(), [2, 2]);
    expect(() => model.logits(model.init(0), { inputIds, cuSeqlens })).toThrow(
      'expected cuSeqlens [B, documents + 1] with B=2, got [3]',
    );
  });
});
