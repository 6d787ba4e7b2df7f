// Fused decoding against the whole text computed anew, token after token; and which models and devices it is for.

import { expectMatch, gpuSuite, makeCaps } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import type { FoxConfig } from '../config/config.ts';
import { foxConfig } from '../config/make-config.ts';
import { Decoder } from '../generate/decoder.ts';
import { TokenChooser } from '../generate/token-chooser.ts';
import { createModel } from '../model/model.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import { toHostWeights } from '../reference/check.ts';
import { randomWeights } from '../reference/random-weights.ts';
import { decodeLayerVariants, selectSplits } from './decode.kernel.ts';
import { findObstacle } from './decode-logits.ts';

/** f32 sums in another order. */
const BOUND = 3e-6;

const makeConfig = (fields: Partial<FoxConfig>): FoxConfig =>
  foxConfig({
    ...{ vocabSize: 50, hiddenSize: 64, numHeads: 2, numHiddenLayers: 1, intermediateSize: 24 },
    ...{ bosTokenId: null, eosTokenId: null, logPruningTolerance: null },
    ...{ useKShift: true, useVShift: true, qkNorm: true, useOutputGate: true, useOutputNorm: true },
    ...fields,
  });

const configs: readonly (readonly [string, FoxConfig])[] = [
  ['heads of 32, two layers', makeConfig({ numHiddenLayers: 2 })],
  ['grouped heads of 16', makeConfig({ numHeads: 4, numKvHeads: 2 })],
  [
    'heads of 64, shared QK-norm, a window',
    makeConfig({ hiddenSize: 128, qkNormShareParamAcrossHead: true, windowSize: 9 }),
  ],
  [
    'one head of 128, tied embeddings',
    makeConfig({ hiddenSize: 128, numHeads: 1, tieWordEmbeddings: true }),
  ],
];

describe('fused decoding', () => {
  const gpu = makeCaps({
    features: { f16: false, subgroups: true, subgroupMatrix: false, timestampQuery: false },
    ...{ subgroupMinSize: 32, subgroupMaxSize: 32 },
  });
  const runs = (caps: typeof gpu, batch: number, obstacle: string | null) =>
    decodeLayerVariants.choose(caps, { batch, obstacle }).name;

  test('is for GPUs, for up to 8 rows, and for layers that it has', () => {
    expect(runs(gpu, 8, null)).toBe('subgroup');
    expect(runs(makeCaps(), 1, null)).toBe('tiled');
    expect(runs(gpu, 9, null)).toBe('scalar');
    expect(runs(gpu, 1, 'is made for others')).toBe('scalar');
    expect(runs({ ...gpu, isSoftware: true }, 1, null)).toBe('scalar');
  });

  test('cuts the rows of few heads into many parts', () => {
    expect([1, 12, 96, 192].map(selectSplits)).toEqual([32, 22, 3, 2]);
  });

  test('names what it lacks', () => {
    const obstacleOf = (fields: Partial<FoxConfig>) => findObstacle(makeConfig(fields), {});
    expect(obstacleOf({})).toBe(null);
    expect(obstacleOf({ hiddenSize: 96, numHeads: 3 })).toContain('multiple of 64');
    for (const fields of [
      { useRope: true },
      { qkNorm: false },
      { fgateType: 'bias_only' },
    ] as const)
      expect(obstacleOf(fields)).toContain('FoX (Pro)');
  });
});

gpuSuite(
  'fused decoding on a device',
  (device) => {
    test.each(configs)('%s: each token as if the text were computed anew', async (_, config) => {
      const model = createModel(config, device());
      const specs = parameterSpecs(config);
      const params = model.upload(toHostWeights(specs, randomWeights(specs, 5)));
      const [length, seqStart] = [30, [0, 3]];
      const texts = seqStart.map((start, b) =>
        Array.from({ length }, (_, t) => (t < start ? 0 : (t * t + 5 * t + b) % 50)),
      );
      const columns = () => Int32Array.from(texts.flat());
      using cache = model.createCache(params, { batch: 2, seqStart });
      using chooser = new TokenChooser(device(), { batch: 2, seed: 0, temperature: 1, topK: null });
      using decoder = new Decoder(model, params, { cache, chooser });
      device().scope(() => {
        const inputIds = device().tensor(columns(), [2, length]);
        chooser.choose(model.nextTokenLogits(params, { inputIds, cache }));
      });
      // Over the end of a page.
      for (let step = 0; step < 5; step++) {
        const { tokens } = await chooser.read();
        for (const [b, text] of texts.entries()) text.push(tokens[b]!);
        using logits = decoder.next();
        using expected = device().scope(() => {
          const inputIds = device().tensor(columns(), [2, texts[0]!.length]);
          const starts = device().tensor(Int32Array.from(seqStart), [2]);
          return model.nextTokenLogits(params, { inputIds, seqStart: starts });
        });
        expectMatch(
          `step ${step}`,
          (await logits.data()) as Float32Array,
          (await expected.data()) as Float32Array,
          BOUND,
        );
      }
      for (const tensor of Object.values(params)) tensor.dispose();
    });
  },
  ['tiled', 'subgroup'],
);
