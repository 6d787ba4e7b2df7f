// What a cache evicts where heads and limits meet: heads that share keys, sliding windows, bounds from the norms seen so far.

import { logitUpperBoundFromNorms } from '@vulpes/acp-scheduler';
import { PAGE_SIZE } from '@vulpes/fox-attention';
import { expectMatch, gpuSuite, randomArray } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import type { FoxConfig } from '../config/config.ts';
import { foxConfig } from '../config/make-config.ts';
import { getHeadDim } from '../config/sizes.ts';
import { modelCases } from '../model/model.cases.ts';
import { createModel } from '../model/model.ts';
import type { HostWeights } from '../parameters/host-weights.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import { toHostWeights } from '../reference/check.ts';
import { randomWeights } from '../reference/random-weights.ts';
import { paddedGeometry } from './geometry.fixture.ts';
import { stateAt } from './geometry.ts';
import { boundFromNorms } from './logit-bound.ts';

const findCase = (id: string): FoxConfig => modelCases.find((one) => one.id === id)!.config;

/** Random weights, but each head's gate is sigmoid(bias) at every token, and QK-norm keeps logits small. */
function withGates(config: FoxConfig, biases: readonly number[]): HostWeights {
  const specs = parameterSpecs(config);
  const weights = toHostWeights(specs, randomWeights(specs, 5));
  for (const [name, { data }] of Object.entries(weights)) {
    if (name.endsWith('fgate_proj.weight')) data.fill(0);
    if (name.endsWith('fgate_proj.bias')) data.set(biases);
    if (name.includes('q_norm') || name.includes('k_norm')) data.fill(0.6);
  }
  return weights;
}

gpuSuite('eviction of pages', (device) => {
  /** Reads one row in chunks, with eviction and without. Pages kept are those after each chunk. */
  async function readTwice(
    config: FoxConfig,
    { weights, chunks }: { weights: HostWeights; chunks: readonly number[] },
  ) {
    const model = createModel(config, device());
    const params = model.upload(weights);
    const read = async (evict: boolean) => {
      using cache = model.createCache(params, { batch: 1, evict });
      const steps: { logits: Float32Array; length: number; pages: number }[] = [];
      for (const size of chunks) {
        const ids = Int32Array.from({ length: size }, (_, i) => {
          const at = cache.length + i;
          return (at * at + 5 * at) % config.vocabSize;
        });
        const inputIds = device().tensor(ids, [1, size]);
        const logits = model.nextTokenLogits(params, { inputIds, cache });
        const [values] = await Promise.all([logits.data(), cache.evict()]);
        for (const tensor of [inputIds, logits]) tensor.dispose();
        const { length, pages } = cache;
        steps.push({ logits: values as Float32Array, length, pages: pages.kept });
      }
      return steps;
    };
    const [evicted, kept] = [await read(true), await read(false)];
    for (const tensor of Object.values(params)) tensor.dispose();
    for (const [n, { logits, length }] of evicted.entries()) {
      expectMatch(`logits after ${length} tokens`, logits, kept[n]!.logits, 2e-5);
    }
    return { evicted, full: kept.at(-1)!.pages };
  }

  test('a page goes only when no query head of its group needs it', async () => {
    const config = foxConfig({ ...findCase('grouped-pro'), logPruningTolerance: -10 });
    const chunks = [64, ...new Array<number>(6).fill(32)];
    // The first group has one head that forgets and one that retains; the second forgets.
    const weights = withGates(config, [-1.5, 6, -1.5, -1.5]);
    const { evicted, full } = await readTwice(config, { weights, chunks });
    const pages = evicted.at(-1)!.pages;
    expect(pages).toBeGreaterThan(full / 2);
    expect(pages).toBeLessThan((3 * full) / 4);
  });

  test.each([33, 34, 65])(
    'under a window of %i tokens pages go as soon as it has passed',
    async (windowSize) => {
      const config = foxConfig({ ...findCase('window-pro'), windowSize, numHiddenLayers: 1 });
      const chunks = [40, ...new Array<number>(100).fill(1)];
      const weights = withGates(config, [4, 5]);
      const { evicted } = await readTwice(config, { weights, chunks });
      for (const { length, pages } of evicted) {
        if (length % PAGE_SIZE !== 0) continue;
        const first = Math.max(0, Math.floor((length - windowSize + 1) / PAGE_SIZE));
        expect(pages, `${length} tokens`).toBe(config.numHeads * (length / PAGE_SIZE - first));
      }
    },
  );

  test('the bound from norms is that of all tokens so far but the padding', async () => {
    const config = findCase('grouped-pro');
    const [batch, numHeads, numKvHeads, headDim] = [2, 4, 2, getHeadDim(config)];
    const [starts, length] = [Int32Array.of(0, 7), 20];
    const geometry = paddedGeometry(device(), starts, { numHeads, numKvHeads, headDim });
    // The longest vectors stand in the first chunk, and, of the second row, in the padding.
    const longFirst = (heads: number, seed: number) =>
      randomArray(seed, batch * length * heads * headDim).map((x, at) => {
        const t = Math.floor(at / (heads * headDim)) % length;
        return t < 3 ? 30 * x : t < 12 ? 3 * x : x;
      });
    const host = { q: longFirst(numHeads, 1), k: longFirst(numKvHeads, 2) };
    const rows = (data: Float32Array, heads: number, from: number, to: number) => {
      const step = heads * headDim;
      const parts = [0, 1].flatMap((b) => [
        ...data.subarray((b * length + from) * step, (b * length + to) * step),
      ]);
      return device().tensor(Float32Array.from(parts), [batch, to - from, heads, headDim]);
    };
    using bound = boundFromNorms(geometry);
    for (const [offset, end] of [
      [0, 9],
      [9, 20],
    ] as const) {
      device().scope(() => {
        const [q, k] = [rows(host.q, numHeads, offset, end), rows(host.k, numKvHeads, offset, end)];
        device().write(geometry.state, stateAt(offset, geometry));
        bound.append(q, k, { length: end - offset });
      });
    }
    const smScale = 1 / Math.sqrt(headDim);
    const expected = await Promise.all(
      [...starts].map(async (start, b) => {
        const own = device().scope(() => {
          const [q, k] = [
            rows(host.q, numHeads, start, length),
            rows(host.k, numKvHeads, start, length),
          ];
          return logitUpperBoundFromNorms(q, k, { smScale });
        });
        const values = (await own.data()).slice(b * numHeads, (b + 1) * numHeads);
        own.dispose();
        return [...values];
      }),
    );
    expectMatch('U', (await bound.tensor.data()) as Float32Array, expected.flat(), 1e-6);
    geometry.state.dispose();
  });
});
