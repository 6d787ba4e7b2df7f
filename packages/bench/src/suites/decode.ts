// One more token of a text: the whole text anew, from a cache of all of it, and from a cache that lets go of what is forgotten.

import { selectBlocks } from '@vulpes/fox-attention';
import { foxPreset, type KvCache, type Model, naiveBatch, type Params } from '@vulpes/lm-models';
import { CounterRng, type Device, type DeviceCaps, type Tensor } from '@vulpes/tensor-core';
import type { BenchCase, Counts, Dims, Expectations, Variant, Workload } from '../case.ts';
import { sumBlockCounts } from './block-counts.ts';
import { cachedCosts, layersAndHead, recomputeCosts } from './decode/costs.ts';
import { createParams, modelOf } from './training/state.ts';

/** Tokens of a prompt that are computed at once. */
const PREFILL_CHUNK = 256;
/** Logits of a whole model in f32 against f64; what is let go of is far below it. */
const LOGITS_BOUND = 1e-5;
const PRUNING = { logPruningTolerance: -10, pruningMode: 'paper' } as const;

type Kind = 'recompute' | 'cache' | 'cache-evict';
const KINDS: readonly Kind[] = ['recompute', 'cache', 'cache-evict'];

const HARDWARE = { preset: 'pro-125m', lengths: [1024, 4096, 16384] };
const SOFTWARE = { preset: 'pro-nano', lengths: [512] };
/** The check runs the preset's layers at a size that the twin can do; head dim 32, three pages. */
const GATE = { B: 1, T: 80, layers: 2, hidden: 96, heads: 3, vocab: 256 };

export function decodeSuite(caps: DeviceCaps): BenchCase[] {
  const { preset, lengths } = caps.isSoftware ? SOFTWARE : HARDWARE;
  return lengths.map((T) => ({
    suite: 'decode',
    op: 'decode-token',
    mode: 'forward',
    preset,
    dims: { B: 1, T },
    gateDims: GATE,
    flops: layersAndHead(foxPreset(preset), T).flops,
    inputs: `fresh weights, random tokens; gates as of a trained model: of every three heads two forget (bias 0) and one remembers (bias 6); log ε = −10; a prompt of T tokens in chunks of ${PREFILL_CHUNK}, outside the clock, then a token a run; blocks are pages of 32 tokens of a key head, of recompute those of the attention matrix`,
    variants: KINDS.map((name): Variant => {
      return { name, build: (device, dims) => workload(device, { preset, dims, kind: name }) };
    }),
  }));
}

function workload(
  device: Device,
  { preset, dims, kind }: { preset: string; dims: Dims; kind: Kind },
): Workload {
  const { T: length = 1 } = dims;
  const model = modelOf(device, preset, dims, PRUNING);
  const params = createParams(device, model.parameterSpecs(), model.config.numHeads);
  const rng = new CounterRng(7);
  const tokens = Int32Array.from({ length: length + 1 }, () => rng.below(model.config.vocabSize));
  const evict = kind === 'cache-evict';
  const cache = kind === 'recompute' ? null : model.createCache(params, { batch: 1, evict });
  if (cache) for (const end of chunkEnds(length)) append(model, params, cache, tokens, end);
  // Recompute runs over the prompt and the token; the others over the token, the text growing with each run.
  const last = device.tensor(cache ? tokens.slice(-1) : tokens, [1, cache ? 1 : length + 1]);
  const inputs = cache ? { inputIds: last, cache } : { inputIds: last };
  return {
    run: (): { logits: Tensor } => ({ logits: model.nextTokenLogits(params, inputs) }),
    expected: () => twin(model, params, tokens),
    counts: () => countWork(model, params, { tokens, kind }),
    dispose() {
      cache?.dispose();
      for (const tensor of [last, ...Object.values(params)]) tensor.dispose();
    },
  };
}

const chunkEnds = (length: number): number[] =>
  Array.from({ length: Math.ceil(length / PREFILL_CHUNK) }, (_, n) =>
    Math.min(length, (n + 1) * PREFILL_CHUNK),
  );

/** Records the tokens of the text up to `end` that the cache does not have yet. */
function append(
  model: Model,
  params: Params,
  cache: KvCache,
  tokens: Int32Array<ArrayBuffer>,
  end: number,
): void {
  const chunk = tokens.slice(cache.length, end);
  const inputIds = model.device.tensor(chunk, [1, chunk.length]);
  model.nextTokenLogits(params, { inputIds, cache }).dispose();
  inputIds.dispose();
}

async function countWork(
  model: Model,
  params: Params,
  { tokens, kind }: { tokens: Int32Array<ArrayBuffer>; kind: Kind },
): Promise<Counts> {
  return kind === 'recompute'
    ? countRecompute(model, params, tokens)
    : countCached(model, params, { tokens, evict: kind === 'cache-evict' });
}

/** The blocks that the layers keep of the whole text, told beside its loss. */
async function countRecompute(
  { config, device, loss }: Model,
  params: Params,
  tokens: Int32Array<ArrayBuffer>,
): Promise<Counts> {
  const { length } = tokens;
  const blocks = selectBlocks({ keyLen: length }, device.caps);
  const counts = device.scope(() => {
    const text = device.tensor(tokens, [1, length]);
    return loss(params, { inputIds: text, labels: text }).aux.pruningCounts;
  });
  const { keptBlocks, causalBlocks } = await sumBlockCounts(counts);
  return { ...recomputeCosts(config, length, { keptBlocks, blocks }), keptBlocks, causalBlocks };
}

/** What a cache holds after the prompt, evicted as `generate` does it; and the work of one more token. */
async function countCached(
  model: Model,
  params: Params,
  { tokens, evict }: { tokens: Int32Array<ArrayBuffer>; evict: boolean },
): Promise<Counts> {
  using cache = model.createCache(params, { batch: 1, evict });
  for (const end of chunkEnds(tokens.length)) {
    append(model, params, cache, tokens, end);
    await cache.evict();
  }
  const { keptBytes, peakBytes, fullBytes, pages } = cache;
  return {
    ...cachedCosts(model.config, { keptPages: pages.kept, keptBytes }),
    keptBlocks: pages.kept,
    causalBlocks: pages.full,
    cache: { keptBytes, peakBytes, fullBytes },
  };
}

async function twin(model: Model, params: Params, tokens: Int32Array): Promise<Expectations> {
  const weights: Record<string, Float32Array> = {};
  for (const [name, { data }] of Object.entries(await model.download(params))) weights[name] = data;
  const batch = { inputIds: tokens, labels: tokens, seqStart: [0] };
  const { logits } = naiveBatch(model.config, weights, batch);
  return { logits: { values: logits.slice(-model.config.vocabSize), bound: LOGITS_BOUND } };
}
