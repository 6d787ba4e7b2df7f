// A model's logits, losses, gradients and greedy text on the device under test.

import { generate, type Model, type Params } from '@vulpes/lm-models';
import { valueAndGrad } from '@vulpes/tensor-core';
import { readAll, readList } from '../read-all.ts';
import type { GreedyText, ModelCase } from './case.ts';

interface Outputs {
  /** [B, T, V] */
  readonly logits: Float32Array;
  readonly paddedLogits: Float32Array;
  /** [B, T] */
  readonly lossPerToken: Float32Array;
  /** [1]: mean, nats a token. */
  readonly loss: Float32Array;
}

export interface ModelResults extends Outputs {
  /** Of the mean loss, by parameter name. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
  /** Per layer, u32 [B, H, 2]: attention blocks kept and visible. Empty without pruning. */
  readonly pruningCounts: readonly ArrayLike<number>[];
}

export async function runModel(
  model: Model,
  masters: Params,
  theCase: ModelCase,
): Promise<ModelResults> {
  const { device } = model;
  const recorded = device.scope(() => {
    const params = model.toCompute(masters);
    const shape = [theCase.batch, theCase.seqLen];
    const inputIds = device.tensor(theCase.inputIds, shape, { label: 'inputIds' });
    const labels = device.tensor(theCase.labels, shape, { label: 'labels' });
    const seqStart = device.tensor(theCase.seqStart, [theCase.batch], { label: 'seqStart' });
    const learned = model.parameterSpecs().filter(({ trainable }) => trainable);
    const step = valueAndGrad(device, (some: Readonly<Params>) =>
      model.loss({ ...params, ...some }, { inputIds, labels }),
    );
    const { loss, aux, grads } = step(
      Object.fromEntries(learned.map(({ name }) => [name, params[name]!])),
    );
    const outputs = {
      logits: model.logits(params, { inputIds }),
      paddedLogits: model.logits(params, { inputIds, seqStart }),
      ...{ lossPerToken: aux!.lossPerToken, loss },
    };
    return { outputs, grads, counts: [...aux!.pruningCounts] };
  });
  return {
    ...(await readAll<Outputs>(recorded.outputs)),
    gradients: await readAll<Record<string, Float32Array>>(recorded.grads),
    pruningCounts: await readList(recorded.counts),
  };
}

/**
 * @param useCache - keep keys and values of earlier tokens; else they are computed again for every token
 * @returns prompt and new tokens, the likeliest each time; and the logits [L, V] of the official text
 */
export async function runGreedy(
  model: Model,
  params: Params,
  greedy: GreedyText,
  { useCache }: { useCache: boolean },
) {
  const { device } = model;
  const { length } = greedy.tokens;
  const computed = model.toCompute(params);
  const { tokens, promptLength } = greedy;
  const text = await generate(model, computed, {
    ...{ prompt: tokens.subarray(0, promptLength), maxNewTokens: length - promptLength },
    ...{ contextLength: length, temperature: 0, stopToken: null, useCache },
  });
  const logits = device.scope(() =>
    model.logits(computed, { inputIds: device.tensor(greedy.tokens, [1, length]) }),
  );
  return { text, ...(await readAll<{ logits: Float32Array }>({ logits })) };
}
