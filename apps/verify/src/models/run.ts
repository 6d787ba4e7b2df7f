// A model's logits, losses, gradients and greedy text on the device under test.

import { type CacheUsage, generate, type Model, type Params } from '@vulpes/lm-models';
import { valueAndGrad } from '@vulpes/tensor-core';
import { readAll, readList } from '../read-all.ts';
import type { GreedyText, ModelCase } from './case.ts';

export interface ModelResults {
  /** [B, T, V] */
  readonly logits: Float32Array;
  readonly paddedLogits: Float32Array;
  /** [B, T] */
  readonly lossPerToken: Float32Array;
  /** Mean, nats a token. */
  readonly loss: number;
  /** Of the mean loss, by parameter name. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  /** Per layer, u32 [B, H, 2]: attention blocks kept and visible. Empty without pruning. */
  readonly pruningCounts: readonly Uint32Array[];
}

export async function runModel(
  model: Model,
  params: Params,
  theCase: ModelCase,
): Promise<ModelResults> {
  const { results, gradients, counts } = record(model, params, theCase);
  const { logits, paddedLogits, lossPerToken, loss } = await readAll(results);
  return {
    logits: logits as Float32Array,
    paddedLogits: paddedLogits as Float32Array,
    lossPerToken: lossPerToken as Float32Array,
    loss: loss[0] as number,
    gradients: new Map(Object.entries(await readAll(gradients)) as [string, Float32Array][]),
    pruningCounts: (await readList(counts)) as Uint32Array[],
  };
}

function record(model: Model, params: Params, theCase: ModelCase) {
  const { device } = model;
  return device.scope(() => {
    const shape = [theCase.batch, theCase.seqLen];
    const inputIds = device.tensor(theCase.inputIds, shape, { label: 'inputIds' });
    const labels = device.tensor(theCase.labels, shape, { label: 'labels' });
    const seqStart = device.tensor(theCase.seqStart, [theCase.batch], { label: 'seqStart' });
    const step = valueAndGrad(device, (learned: Readonly<Params>) =>
      model.loss({ ...params, ...learned }, { inputIds, labels }),
    );
    const learned = model.parameterSpecs().filter(({ trainable }) => trainable);
    const { loss, aux, grads } = step(
      Object.fromEntries(learned.map(({ name }) => [name, params[name]!])),
    );
    const results = {
      logits: model.logits(params, { inputIds }),
      paddedLogits: model.logits(params, { inputIds, seqStart }),
      lossPerToken: aux!.lossPerToken,
      loss,
    };
    return { results, gradients: grads, counts: [...aux!.pruningCounts] };
  });
}

export interface GreedyResults {
  /** The likeliest token each time: prompt and new tokens. */
  readonly text: Int32Array;
  /** [L, V] of the official text. */
  readonly logits: Float32Array;
}

/** @param request - useCache: keep keys and values of earlier tokens; else they are computed again for every token */
export async function runGreedy(
  model: Model,
  params: Params,
  { tokens, promptLength, useCache }: GreedyText & { useCache: boolean },
): Promise<GreedyResults> {
  const { device } = model;
  const options = greedyOptions({ tokens, promptLength }, tokens.length);
  const text = await generate(model, params, { ...options, useCache });
  const logits = device.scope(() =>
    model.logits(params, { inputIds: device.tensor(tokens, [1, tokens.length]) }),
  );
  return { text, logits: (await readAll({ logits })).logits as Float32Array };
}

export interface EvictionResults {
  /** Prompt and new tokens, from a cache that evicts what is forgotten, and from one that keeps all. */
  readonly evicted: Int32Array;
  readonly kept: Int32Array;
  /** Of the cache that evicts, at the end. */
  readonly usage: CacheUsage;
}

/** Continues the official prompt to `length` tokens, twice. */
export async function runEviction(
  model: Model,
  params: Params,
  text: GreedyText,
  length: number,
): Promise<EvictionResults> {
  let usage: CacheUsage | undefined;
  const options = { ...greedyOptions(text, length), useCache: true };
  const onCache = (now: CacheUsage) => (usage = now);
  const evicted = await generate(model, params, { ...options, evict: true, onCache });
  const kept = await generate(model, params, { ...options, evict: false });
  return { evicted, kept, usage: usage! };
}

/** Continues the official prompt by the likeliest tokens, to `length` tokens. */
const greedyOptions = ({ tokens, promptLength }: GreedyText, length: number) => ({
  prompt: tokens.subarray(0, promptLength),
  maxNewTokens: length - promptLength,
  temperature: 0,
  stopToken: null,
  contextLength: length,
});
