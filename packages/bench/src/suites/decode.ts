// One more token of a text: from a cache of all of it, and from a cache that lets go of what is forgotten.

import { DEFAULT_LOG_PRUNING_TOLERANCE } from '@vulpes/acp-scheduler';
import { type FoxConfig, foxPreset, type HostWeights } from '@vulpes/lm-models';
import { referenceBatch } from '@vulpes/lm-models/reference';
import { CounterRng, type Device, type DeviceCaps, disposeAll } from '@vulpes/tensor-core';
import {
  type BenchCase,
  type Dims,
  dim,
  type Expectations,
  type Variant,
  type Workload,
} from '../case.ts';
import { PREFILL_CHUNK, readIntoCache } from './decode/cached-text.ts';
import { REMEMBERING_BIAS } from './gate-biases.ts';
import { layersAndHead } from './model-costs.ts';
import { createParams, createSizedModel } from './training/state.ts';

/** Logits of a whole model in f32 against f64; what is evicted is far below it. */
const LOGITS_BOUND = 1e-5;
const PRUNING = {
  logPruningTolerance: DEFAULT_LOG_PRUNING_TOLERANCE,
  pruningMode: 'paper',
} as const;

const VARIANTS = { cache: false, 'cache-evict': true };

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
    inputs: `fresh weights, random tokens; gates as of a trained model: of every three heads two forget (bias 0) and one remembers (bias ${REMEMBERING_BIAS}); log ε = ${DEFAULT_LOG_PRUNING_TOLERANCE}; a prompt of T tokens in chunks of ${PREFILL_CHUNK}, outside the clock, then a token a run, and what the cache lets go of once in 32; counts are those of the first token; blocks are pages of 32 tokens of a key head`,
    variants: Object.entries(VARIANTS).map(([name, evict]): Variant => {
      return { name, build: (device, dims) => workload(device, { preset, dims, evict }) };
    }),
  }));
}

async function workload(
  device: Device,
  { preset, dims, evict }: { preset: string; dims: Dims; evict: boolean },
): Promise<Workload> {
  const length = dim(dims, 'T');
  const model = createSizedModel(device, preset, dims, PRUNING);
  const params = createParams(model);
  const rng = new CounterRng(7);
  const tokens = Int32Array.from({ length: length + 1 }, () => rng.below(model.config.vocabSize));
  const text = await readIntoCache(model, params, { tokens, evict });
  return {
    run: () => ({ logits: text.nextLogits() }),
    expected: async () => reference(model.config, await model.download(params), tokens),
    counts: () => text.counts(),
    dispose() {
      text.dispose();
      disposeAll(params);
    },
  };
}

function reference(config: FoxConfig, weights: HostWeights, tokens: Int32Array): Expectations {
  const batch = { inputIds: tokens, labels: tokens, seqStart: [0] };
  const floats = Object.fromEntries(
    Object.entries(weights).map(([name, { data }]) => [name, data]),
  );
  const { logits } = referenceBatch(config, floats, batch);
  return { logits: { values: logits.slice(-config.vocabSize), bound: LOGITS_BOUND } };
}
