// A model's logits, losses, gradients and greedy text on the device under test.

import { type CacheUsage, generate, type Model, type Params } from '@vulpes/lm-models';
import { type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import { readAll, readList } from '../device/read-all.ts';
import type { Golden, GreedyText } from './golden.ts';

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
  golden: Golden,
): Promise<ModelResults> {
  const { results, gradients, counts } = record(model, params, golden);
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

function record(model: Model, params: Params, golden: Golden) {
  const { device } = model;
  return device.scope(() => {
    const shape = [golden.batch, golden.seqLen];
    const inputIds = device.tensor(golden.inputIds, shape, { label: 'inputIds' });
    const labels = device.tensor(golden.labels, shape, { label: 'labels' });
    const seqStart = device.tensor(golden.seqStart, [golden.batch], { label: 'seqStart' });
    const step = valueAndGrad(device, (learned: Readonly<Params>) =>
      model.loss({ ...params, ...learned }, { inputIds, labels }),
    );
    const { loss, aux, grads } = step(trainable(model, params));
    const results = {
      logits: model.logits(params, { inputIds }),
      paddedLogits: model.logits(params, { inputIds, seqStart }),
      lossPerToken: aux!.lossPerToken,
      loss,
    };
    return { results, gradients: grads, counts: [...aux!.pruningCounts] };
  });
}

const trainable = (model: Model, params: Params): Params =>
  Object.fromEntries(
    model
      .parameterSpecs()
      .filter((spec) => spec.trainable)
      .map(({ name }) => [name, params[name] as Tensor]),
  );

export interface GreedyResults {
  /** The likeliest token each time: prompt and new tokens. */
  readonly text: Int32Array;
  /** [L, V] of the official text. */
  readonly logits: Float32Array;
}

/** @param request - useCache: keep keys and values of the text so far, instead of computing it anew for every token. */
export async function runGreedy(
  model: Model,
  params: Params,
  { tokens, promptLength, useCache }: GreedyText & { useCache: boolean },
): Promise<GreedyResults> {
  const { device } = model;
  const text = await generate(model, params, {
    prompt: tokens.subarray(0, promptLength),
    maxNewTokens: tokens.length - promptLength,
    temperature: 0,
    stopToken: null,
    contextLength: tokens.length,
    useCache,
  });
  const logits = device.scope(() =>
    model.logits(params, { inputIds: device.tensor(tokens, [1, tokens.length]) }),
  );
  return { text, logits: (await readAll({ logits })).logits as Float32Array };
}

export interface EvictionResults {
  /** Prompt and new tokens, from a cache that lets go of what is forgotten, and from one that keeps all. */
  readonly evicted: Int32Array;
  readonly kept: Int32Array;
  /** Of the cache that lets go, at the end. */
  readonly usage: CacheUsage;
}

/** Continues the official prompt to `length` tokens, twice. */
export async function runEviction(
  model: Model,
  params: Params,
  { tokens, promptLength, length }: GreedyText & { length: number },
): Promise<EvictionResults> {
  let usage: CacheUsage | undefined;
  const textWith = (evict: boolean) =>
    generate(model, params, {
      prompt: tokens.subarray(0, promptLength),
      maxNewTokens: length - promptLength,
      temperature: 0,
      stopToken: null,
      contextLength: length,
      useCache: true,
      evict,
      ...(evict && { onCache: (now) => (usage = now) }),
    });
  const [evicted, kept] = [await textWith(true), await textWith(false)];
  return { evicted, kept, usage: usage as CacheUsage };
}
