// One more token of a text: the whole text anew, from a cache of all of it, and from a cache that lets go of what is forgotten.

import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import { selectBlocks } from '@vulpes/fox-attention';
import {
  type FoxConfig,
  foxPreset,
  type HostWeights,
  type Model,
  type Params,
} from '@vulpes/lm-models';
import { referenceBatch } from '@vulpes/lm-models/reference';
import {
  CounterRng,
  type Device,
  type DeviceCaps,
  disposeAll,
  type Tensor,
} from '@vulpes/tensor-core';
import {
  type BenchCase,
  type Counts,
  type Dims,
  dim,
  type Expectations,
  type Variant,
  type Workload,
} from '../case.ts';
import { sumBlockCounts } from './block-counts.ts';
import { type GrowingText, PREFILL_CHUNK, readIntoCache } from './decode/cached-text.ts';
import { REMEMBERING_BIAS } from './gate-biases.ts';
import { layersAndHead, recomputeCosts } from './model-costs.ts';
import { createSizedModel, firstWeights } from './training/state.ts';

/** Logits of a whole model in f32 against f64; what is evicted is far below it. */
const LOGITS_BOUND = 1e-5;
const PRUNING = {
  logPruningTolerance: DEFAULT_LOG_PRUNING_TOLERANCE,
  pruningMode: 'paper',
} as const;

type Kind = 'recompute' | 'cache' | 'cache-evict';
const KINDS: readonly Kind[] = ['recompute', 'cache', 'cache-evict'];

const HARDWARE = { preset: 'pro-125m', lengths: [1024, 4096, 16384] };
const SOFTWARE = { preset: 'pro-nano', lengths: [512] };
/** The check runs the preset's layers at a size that the reference can do; head dim 32, three pages. */
const GATE = { B: 1, T: 80, layers: 2, hidden: 96, heads: 3, vocab: 256 };

export function decodeSuite(caps: DeviceCaps): BenchCase[] {
  const { preset, lengths } = caps.isSoftware ? SOFTWARE : HARDWARE;
  return lengths.map((T) => ({
    suite: 'decode',
    op: 'decode-token',
    mode: 'forward',
    preset,
    dims: { B: 1, T },
    checkDims: GATE,
    flops: layersAndHead(foxPreset(preset), T).flops,
    inputs: `fresh weights, random tokens; gates as of a trained model: of every three heads two forget (bias 0) and one remembers (bias ${REMEMBERING_BIAS}); log ε = ${DEFAULT_LOG_PRUNING_TOLERANCE}; a prompt of T tokens in chunks of ${PREFILL_CHUNK}, outside the clock, then a token a run, and what the cache lets go of once in 32; counts are those of the first token; blocks are pages of 32 tokens of a key head, of recompute those of the attention matrix`,
    variants: KINDS.map((name): Variant => {
      return { name, build: (device, dims) => workload(device, { preset, dims, kind: name }) };
    }),
  }));
}

async function workload(
  device: Device,
  { preset, dims, kind }: { preset: string; dims: Dims; kind: Kind },
): Promise<Workload> {
  const length = dim(dims, 'T');
  const model = createSizedModel(device, preset, dims, PRUNING);
  const weights = firstWeights(model);
  const params = model.upload(weights);
  const rng = new CounterRng(7);
  const tokens = Int32Array.from({ length: length + 1 }, () => rng.below(model.config.vocabSize));
  const text =
    kind === 'recompute'
      ? wholeText(model, params, tokens)
      : await readIntoCache(model, params, { tokens, evict: kind === 'cache-evict' });
  return {
    run: () => ({ logits: text.nextLogits() }),
    expected: () => reference(model.config, weights, tokens),
    counts: () => text.counts(),
    dispose() {
      text.dispose();
      disposeAll(params);
    },
  };
}

/** A prompt and a token after it, computed anew each time. */
function wholeText(model: Model, params: Params, tokens: Int32Array<ArrayBuffer>): GrowingText {
  const inputIds = model.device.tensor(tokens, [1, tokens.length]);
  return {
    nextLogits: (): Tensor => model.nextTokenLogits(params, { inputIds }),
    counts: () => countRecompute(model, params, tokens),
    dispose: () => inputIds.dispose(),
  };
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

function reference(config: FoxConfig, weights: HostWeights, tokens: Int32Array): Expectations {
  const batch = { inputIds: tokens, labels: tokens, seqStart: [0] };
  const floats = Object.fromEntries(
    Object.entries(weights).map(([name, { data }]) => [name, data]),
  );
  const { logits } = referenceBatch(config, floats, batch);
  return { logits: { values: logits.slice(-config.vocabSize), bound: LOGITS_BOUND } };
}
