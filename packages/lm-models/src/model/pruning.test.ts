// Pruning inside a model: what it skips, what it leaves unchanged, and what it reports.

import { type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import type { FoxConfig } from '../config/config.ts';
import { foxPreset } from '../config/presets.ts';
import type { Params } from '../parameters/params.ts';
import { createModel, type LossInputs } from './model.ts';

const [BATCH, SEQ_LEN] = [1, 256];
const small = { hiddenSize: 32, numHeads: 2, intermediateSize: 16, vocabSize: 32 };

gpuSuite('pruning in a model', (device) => {
  /** Loss, gradients and counts of one layer after another, at the first values of training. */
  const run = async (config: FoxConfig) => {
    const model = createModel(config, device());
    const params = model.init(3);
    const ids = Int32Array.from(
      { length: BATCH * SEQ_LEN },
      (_, i) => (i * i + 3 * i) % config.vocabSize,
    );
    const inputs: LossInputs = {
      inputIds: device().tensor(ids, [BATCH, SEQ_LEN]),
      labels: device().tensor(
        ids.map((id) => (id + 1) % config.vocabSize),
        [BATCH, SEQ_LEN],
      ),
    };
    const step = valueAndGrad(device(), (p: Params, i: LossInputs) => model.loss(p, i));
    const { loss, aux, grads } = step(params, inputs);
    const read = async (tensor: Tensor) => [...(await tensor.data())];
    return {
      loss: await read(loss),
      counts: await Promise.all((aux?.pruningCounts ?? []).map(read)),
      grads: await Promise.all(Object.values(grads).map(read)),
      names: Object.keys(grads),
    };
  };

  test.each(['pro-nano', 'llama-nano'])(
    '%s skips blocks from its first step on and computes the same',
    async (name) => {
      const config = foxPreset(name, small);
      const pruned = await run(config);
      const dense = await run({ ...config, logPruningTolerance: null });
      expect(dense.counts).toEqual([]);
      expect(pruned.counts.length).toBe(config.numHiddenLayers);
      for (const counts of pruned.counts) {
        expect(counts.length).toBe(BATCH * config.numHeads * 2);
        for (let head = 0; head < counts.length; head += 2) {
          // All gates start near 1/2: D falls below the threshold some 30 to 60 tokens back.
          expect(counts[head]).toBeLessThan(0.75 * (counts[head + 1] as number));
          expect(counts[head]).toBeGreaterThan(0);
        }
      }
      expectMatch('loss', pruned.loss, dense.loss, 1e-6);
      for (const [index, grad] of pruned.grads.entries()) {
        expectMatch(pruned.names[index] as string, grad, dense.grads[index] as number[], 1e-4);
      }
    },
  );

  test('certified pruning keeps no more than the threshold does, and computes the same', async () => {
    const config = foxPreset('pro-nano', { ...small, numKvHeads: 1 });
    const paper = await run(config);
    const certified = await run({ ...config, pruningMode: 'certified' });
    expect(certified.counts.length).toBe(config.numHiddenLayers);
    for (const [layer, counts] of certified.counts.entries()) {
      for (let head = 0; head < counts.length; head += 2) {
        const [kept, visible] = [counts[head] as number, counts[head + 1] as number];
        expect(visible).toBe(paper.counts[layer]?.[head + 1]);
        expect(kept).toBeLessThanOrEqual(paper.counts[layer]?.[head] as number);
        expect(kept).toBeGreaterThan(0);
      }
    }
    expectMatch('loss', certified.loss, paper.loss, 1e-6);
    for (const [index, grad] of certified.grads.entries()) {
      expectMatch(certified.names[index] as string, grad, paper.grads[index] as number[], 1e-4);
    }
  });

  test('a windowed model counts the blocks that hold a visible pair', async () => {
    const config = foxPreset('pro-nano', { ...small, numHiddenLayers: 1 });
    const [whole, windowed] = [await run(config), await run({ ...config, windowSize: 40 })];
    const visible = (counts: number[][]) => counts[0]?.[1] as number;
    expect(visible(windowed.counts)).toBeLessThan(visible(whole.counts));
  });

  test('a model without gates has nothing to prune', async () => {
    const config = foxPreset('transformer-nano', { ...small, logPruningTolerance: -10 });
    expect((await run(config)).counts).toEqual([]);
  });
});
