// One more token of a text: the whole text anew, from a cache of all of it, and from a cache that lets go of what is forgotten.

import { blockCost } from '@vulpes/acp-scheduler';
import { PAGE_SIZE } from '@vulpes/fox-attention';
import {
  type FoxConfig,
  foxPreset,
  headDimOf,
  type KvCache,
  type Model,
  naiveBatch,
  numKvHeadsOf,
  type Params,
  parameterSpecs,
} from '@vulpes/lm-models';
import { CounterRng, type Device, type DeviceCaps, type Tensor } from '@vulpes/tensor-core';
import type { BenchCase, Counts, Dims, Expectations, Variant, Workload } from '../case.ts';
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
    flops: 2 * linearParameters(foxPreset(preset)) * T,
    inputs: `fresh weights, random tokens; gates as of a trained model: of every three heads two forget (bias 0) and one remembers (bias 6); log ε = −10; a prompt of T tokens in chunks of ${PREFILL_CHUNK}, outside the clock, then a token a run; blocks are pages of 32 tokens of a key head`,
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

/** What a cache holds after the prompt, evicted as `generate` does it; and the work of one more token. */
async function countWork(
  model: Model,
  params: Params,
  { tokens, kind }: { tokens: Int32Array<ArrayBuffer>; kind: Kind },
): Promise<Counts> {
  const { config } = model;
  const parameters = linearParameters(config);
  if (kind === 'recompute') {
    // Attention as if nothing were pruned.
    const pages = (tokens.length ** 2 / 2 / PAGE_SIZE) * config.numHeads * config.numHiddenLayers;
    const flops = 2 * parameters * tokens.length + pages * pageFlops(config);
    return { flops, bytes: 4 * parameters };
  }
  using cache = model.createCache(params, { batch: 1, evict: kind === 'cache-evict' });
  for (const end of chunkEnds(tokens.length)) {
    append(model, params, cache, tokens, end);
    await cache.evict();
  }
  const { kept, full } = cache.pages;
  const group = config.numHeads / numKvHeadsOf(config);
  return {
    flops: 2 * parameters + kept * group * pageFlops(config),
    bytes: 4 * parameters + cache.keptBytes,
    keptBlocks: kept,
    causalBlocks: full,
    cache: { keptBytes: cache.keptBytes, peakBytes: cache.peakBytes, fullBytes: cache.fullBytes },
  };
}

/** Parameters that each token is multiplied with: all but the embedding. */
const linearParameters = (config: FoxConfig): number =>
  parameterSpecs(config)
    .filter(({ name }) => name !== 'model.embeddings.weight')
    .reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);

/** Work of one query over one page. */
const pageFlops = (config: FoxConfig): number =>
  blockCost({ headDim: headDimOf(config), blocks: { blockM: 1, blockN: PAGE_SIZE } }).forwardFlops;

async function twin(model: Model, params: Params, tokens: Int32Array): Promise<Expectations> {
  const weights: Record<string, Float32Array> = {};
  for (const [name, { data }] of Object.entries(await model.download(params))) weights[name] = data;
  const batch = { inputIds: tokens, labels: tokens, seqStart: [0] };
  const { logits } = naiveBatch(model.config, weights, batch);
  return { logits: { values: logits.slice(-model.config.vocabSize), bound: LOGITS_BOUND } };
}
