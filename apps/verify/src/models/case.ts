// What the official model gives for one batch, read from `golden.safetensors`.

import { type ParameterSpec, seqStartFromMask } from '@vulpes/lm-models';
import { CaseError, type Vectors } from '../vectors.ts';

export type ModelCase = ReturnType<typeof readModelCase>;
export type GreedyText = ModelCase['greedy'];

const GRADIENT = 'grad.';
const GREEDY_NAME = /^greedy_(\d+)_from_(\d+)$/;

/** @throws CaseError where a tensor is missing, mis-shaped, or a gradient belongs to no parameter. */
export function readModelCase(vectors: Vectors, specs: readonly ParameterSpec[]) {
  const inputIds = vectors.ints('input_ids', ['B', 'T']);
  const [batch, seqLen] = [vectors.size('B'), vectors.size('T')];
  const logits = vectors.floats('logits', ['B', 'T', 'V']);
  const mask = vectors.ints('attention_mask', ['B', 'T']);
  const gradients = vectors.parameters(GRADIENT, specs);
  const extra = vectors.names.filter(
    (name) => name.startsWith(GRADIENT) && !gradients.has(name.slice(GRADIENT.length)),
  );
  if (extra.length > 0) {
    throw new CaseError(`expected gradients of parameters of the model, got ${extra.join(', ')}`);
  }
  return {
    ...{ batch, seqLen, vocabSize: vectors.size('V') },
    /** i32 [B, T] each. */
    inputIds,
    labels: vectors.ints('labels', ['B', 'T']),
    /** [B, T, V] */
    logits,
    /** [B, T, V] of the same ids with padding on the left; only tokens from `seqStart` on count. */
    paddedLogits: vectors.floats('logits_left_padded', ['B', 'T', 'V']),
    /** [B] */
    seqStart: Int32Array.from(seqStartFromMask(mask, { batch, seqLen })),
    /** [B, T] */
    lossPerToken: vectors.floats('loss_per_token', ['B', 'T']),
    /** Of the mean loss, by parameter name. */
    gradients,
    greedy: readGreedy(vectors),
  };
}

/** Prompt and what follows it. */
function readGreedy(vectors: Vectors) {
  const name = vectors.names.find((candidate) => GREEDY_NAME.test(candidate));
  const [, made, prompt] = GREEDY_NAME.exec(name ?? '') ?? [];
  if (!name) throw new CaseError('expected a tensor greedy_…_from_…, which is missing');
  const promptLength = Number(prompt);
  return { tokens: vectors.ints(name, [1, promptLength + Number(made)]), promptLength };
}
