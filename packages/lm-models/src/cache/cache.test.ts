// The cache on a device: chunks of any size give what the whole text gives, with padding and eviction; and its errors.

import {
  ArgumentError,
  DisposedTensorError,
  NonFiniteError,
  ShapeError,
} from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import type { FoxConfig } from '../config/config.ts';
import { foxConfig } from '../config/make-config.ts';
import { modelCases } from '../model/model.cases.ts';
import { createModel, type Model } from '../model/model.ts';
import type { HostWeights } from '../parameters/host-weights.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import { toHostWeights } from '../reference/check.ts';
import { randomWeights } from '../reference/random-weights.ts';
import { referenceFirstPage } from './eviction.reference.ts';
import { GateState } from './gate-state.ts';
import { paddedGeometry } from './geometry.fixture.ts';
import { stateAt } from './geometry.ts';
import type { KvCache } from './kv-cache.ts';

/** f32 sums in another order. */
const BOUND = 2e-6;

const ids = (batch: number, length: number, vocabSize: number): Int32Array<ArrayBuffer> =>
  Int32Array.from({ length: batch * length }, (_, i) => (i * i + 5 * i + (i % 7)) % vocabSize);

/** Gates that forget within some tens of tokens: bias −1…4 becomes −1…1. */
function forgetful(config: FoxConfig): HostWeights {
  const weights = toHostWeights(parameterSpecs(config), randomWeights(parameterSpecs(config), 5));
  for (const [name, { data }] of Object.entries(weights)) {
    if (name.endsWith('fgate_proj.bias')) for (const i of data.keys()) data[i] = -0.5 - 0.2 * i;
    // Norms of q and k near 1/2, or U would be far above what the gates forget.
    if (name.includes('q_norm') || name.includes('k_norm')) data.fill(0.6);
  }
  return weights;
}

gpuSuite('cache', (device) => {
  const makeModel = (config: FoxConfig, weights?: HostWeights) => {
    const model = createModel(config, device());
    const specs = parameterSpecs(config);
    return {
      model,
      params: model.upload(weights ?? toHostWeights(specs, randomWeights(specs, 5))),
    };
  };

  /** Logits [B · V] at the end of each chunk. */
  async function readInChunks(
    { model, params }: ReturnType<typeof makeModel>,
    cache: KvCache,
    { tokens, length, chunks }: { tokens: Int32Array; length: number; chunks: readonly number[] },
  ): Promise<Float32Array[]> {
    const results: Float32Array[] = [];
    for (const size of chunks) {
      const chunk = Int32Array.from({ length: cache.batch * size }, (_, i) => {
        return tokens[Math.floor(i / size) * length + cache.length + (i % size)]!;
      });
      const inputIds = device().tensor(chunk, [cache.batch, size]);
      const logits = model.nextTokenLogits(params, { inputIds, cache });
      const [values] = await Promise.all([logits.data(), cache.evict()]);
      results.push(values as Float32Array);
      for (const tensor of [inputIds, logits]) tensor.dispose();
    }
    return results;
  }

  /** Logits of all tokens by one forward pass: [b][t] -> [V] */
  async function wholeText(
    { model, params }: ReturnType<typeof makeModel>,
    {
      tokens,
      length,
      seqStart,
    }: { tokens: Int32Array; length: number; seqStart: readonly number[] },
  ) {
    const batch = seqStart.length;
    const logits = device().scope(() =>
      model.logits(params, {
        inputIds: device().tensor(tokens, [batch, length]),
        seqStart: device().tensor(Int32Array.from(seqStart), [batch]),
      }),
    );
    const values = (await logits.data()) as Float32Array;
    logits.dispose();
    const vocab = model.config.vocabSize;
    return (b: number, t: number) =>
      values.subarray((b * length + t) * vocab, (b * length + t + 1) * vocab);
  }

  describe('unequal rows, in chunks, against the whole text', () => {
    const [length, seqStart] = [75, [0, 37, 70]];
    const chunks = [40, 1, 22, 1, 8, 1, 1, 1];

    test.each(modelCases)('$id', async ({ config }) => {
      const made = makeModel(config);
      const tokens = ids(seqStart.length, length, config.vocabSize);
      const expected = await wholeText(made, { tokens, length, seqStart });
      using cache = made.model.createCache(made.params, { batch: seqStart.length, seqStart });
      const actual = await readInChunks(made, cache, { tokens, length, chunks });
      let end = 0;
      for (const [n, size] of chunks.entries()) {
        end += size;
        for (const [b, start] of seqStart.entries()) {
          if (end <= start) continue;
          const row = actual[n]!.subarray(b * config.vocabSize, (b + 1) * config.vocabSize);
          expectMatch(`row ${b}, ${end} tokens`, row, expected(b, end - 1), BOUND);
        }
      }
      expect(cache.length).toBe(length);
    });
  });

  describe('eviction', () => {
    const pro = modelCases.find(({ id }) => id === 'pro')!.config;
    const config = foxConfig({ ...pro, logPruningTolerance: -10 });
    const [length, seqStart] = [260, [0, 101]];
    const tokens = ids(2, length, config.vocabSize);
    const chunks = [64, 31, ...new Array<number>(5).fill(33)];

    test('holds a part of the cache, and gives the same logits', async () => {
      const made = makeModel(config, forgetful(config));
      using kept = made.model.createCache(made.params, { batch: 2, seqStart, evict: false });
      using freed = made.model.createCache(made.params, { batch: 2, seqStart });
      const expected = await readInChunks(made, kept, { tokens, length, chunks });
      const actual = await readInChunks(made, freed, { tokens, length, chunks });
      for (const [n, logits] of actual.entries()) {
        expectMatch(`chunk ${n}`, logits, expected[n]!, 2e-5);
      }
      expect(kept.keptBytes).toBe(kept.fullBytes);
      expect(freed.fullBytes).toBe(kept.fullBytes);
      expect(freed.keptBytes).toBeLessThan(0.6 * freed.fullBytes);
      expect(freed.pages.full).toBe(kept.pages.kept);
      expect(freed.pages.kept).toBeLessThan(0.6 * freed.pages.full);
      expect(freed.peakBytes).toBeLessThan(kept.peakBytes);
      expect(freed.allocatedBytes).toBeLessThan(kept.allocatedBytes);
      expect([kept.notes, freed.notes]).toEqual([[], []]);
    });

    test('leaves no tensor behind', async () => {
      const made = makeModel(config, forgetful(config));
      const live = device().memory.liveTensors;
      const cache = made.model.createCache(made.params, { batch: 2, seqStart });
      await readInChunks(made, cache, { tokens, length, chunks: [40, 1, 40] });
      cache.dispose();
      cache.dispose();
      expect(device().memory.liveTensors).toBe(live);
    });

    test('notes where its bound is no proof, and where nothing can be evicted', () => {
      const makeNotes = (fields: Partial<FoxConfig>) => {
        const made = makeModel(foxConfig({ ...config, ...fields }));
        using cache = made.model.createCache(made.params, { batch: 1 });
        return cache.notes.join();
      };
      expect(makeNotes({})).toBe('');
      expect(makeNotes({ qkNorm: false })).toContain('not proven');
      expect(makeNotes({ logPruningTolerance: null })).toContain('logPruningTolerance is null');
      expect(makeNotes({ fgateType: 'none' })).toContain('no forget gate');
    });

    test('finds the pages that the f64 reference finds, however the text is cut', async () => {
      const [batch, numHeads, length] = [2, 4, 200];
      const bounds = [0.5, 3, 9, 1, 0.1, 6, 2, 4];
      const starts = Int32Array.of(0, 45);
      const logTolerance = -10;
      // Margin for rounding, see gate-state.ts.
      const referenceTolerance = logTolerance - 0.06;
      const gates = randomArray(3, batch * length * numHeads).map((x, i) => {
        return -Math.abs(x) * [0.02, 0.2, 1, 5][i % numHeads]!;
      });
      const heads = { numHeads, numKvHeads: numHeads, headDim: 16 };
      const padded = paddedGeometry(device(), starts, heads);
      const geometry = { ...padded, logPruningTolerance: logTolerance };
      using state = new GateState(geometry);
      const bound = device().tensor(Float32Array.from(bounds), [batch, numHeads]);
      const dispose = () => {};
      const logitBound = { tensor: bound, append: () => {}, dispose, [Symbol.dispose]: dispose };
      let offset = 0;
      for (const size of [31, 1, 33, 64, 70, 1]) {
        const chunk = Float32Array.from({ length: batch * size * numHeads }, (_, i) => {
          const [b, rest] = [Math.floor(i / (size * numHeads)), i % (size * numHeads)];
          return gates[(b * length + offset) * numHeads + rest]!;
        });
        device().scope(() => {
          const logFgate = device().tensor(chunk, [batch, size, numHeads]);
          device().write(geometry.state, stateAt(offset, geometry));
          state.reserve(offset + size);
          state.append(logFgate, { length: size, padding: null });
        });
        offset += size;
        state.evict(logitBound, offset);
      }
      const expected = bounds.map((logitBound, head) => {
        const [b, h] = [Math.floor(head / numHeads), head % numHeads];
        const logFgate = Array.from({ length }, (_, t) => gates[(b * length + t) * numHeads + h]!);
        const past = {
          logFgate,
          seqStart: starts[b]!,
          logitBound,
          logTolerance: referenceTolerance,
        };
        return referenceFirstPage(past);
      });
      expect([...(await state.firstPage.data())]).toEqual(expected);
      expect(new Set(expected).size).toBeGreaterThan(3);
      for (const tensor of [bound, geometry.state]) tensor.dispose();
    });
  });

  describe('errors', () => {
    const config = foxConfig({ ...modelCases[0]!.config, logPruningTolerance: -10 });
    const next = (model: Model, cache: KvCache, shape: [number, number], params = model.init(0)) =>
      model.nextTokenLogits(params, {
        inputIds: device().tensor(ids(shape[0], shape[1], config.vocabSize), shape),
        cache,
      });

    test('another batch, another model, a disposed cache, options that make no sense', () => {
      const { model, params } = makeModel(config);
      const cache = model.createCache(params, { batch: 2 });
      expect(() => next(model, cache, [3, 4])).toThrow(ShapeError);
      expect(() => next(model, cache, [3, 4])).toThrow('expected inputIds with 2 rows');
      const other = createModel(foxConfig({ ...config }), device());
      expect(() => next(other, cache, [2, 4])).toThrow('expected a cache of this model');
      // A chunk that does not fit leaves the cache as it was.
      next(model, cache, [2, 4]).dispose();
      expect(cache.length).toBe(4);
      cache.dispose();
      expect(() => next(model, cache, [2, 4])).toThrow(DisposedTensorError);
      expect(() => model.createCache(params, { batch: 0 })).toThrow(ArgumentError);
      expect(() => model.createCache(params, { batch: 2, seqStart: [1] })).toThrow('2 rows, got 1');
      expect(() => model.createCache(params, { batch: 1, seqStart: [Number.NaN] })).toThrow('NaN');
    });

    test('a chunk that failed half-way makes the cache useless', () => {
      const { model, params } = makeModel(config);
      using cache = model.createCache(params, { batch: 1 });
      const { 'lm_head.weight': head, ...rest } = params;
      expect(() => next(model, cache, [1, 4], rest)).toThrow('lm_head.weight');
      expect(() => next(model, cache, [1, 4])).toThrow('failed half-way');
      head?.dispose();
    });

    test('NaN in the gates is named', async () => {
      const { model, params } = makeModel(config);
      device().write(
        params['model.layers.1.attn.fgate_proj.bias']!,
        Float32Array.of(0, Number.NaN),
      );
      using cache = model.createCache(params, { batch: 1 });
      next(model, cache, [1, 33], params).dispose();
      await expect(cache.evict()).rejects.toThrow(NonFiniteError);
    });
  });
});
