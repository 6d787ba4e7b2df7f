// What the official model gives for one batch, read from `golden.safetensors`.

import { type ParameterSpec, seqStartFromMask } from '@vulpes/lm-models';
import { CaseError, type Vectors } from '../vectors.ts';

export interface GreedyText {
  /** Prompt and what follows it. */
  readonly tokens: Int32Array<ArrayBuffer>;
  readonly promptLength: number;
}

export interface ModelCase {
  readonly batch: number;
  readonly seqLen: number;
  readonly vocabSize: number;
  /** i32 [B, T] each. */
  readonly inputIds: Int32Array<ArrayBuffer>;
  readonly labels: Int32Array<ArrayBuffer>;
  /** [B, T, V] */
  readonly logits: Float32Array;
  /** [B, T, V] of the same ids with padding on the left; only tokens from `seqStart` on count. */
  readonly paddedLogits: Float32Array;
  /** [B] */
  readonly seqStart: Int32Array<ArrayBuffer>;
  /** [B, T] */
  readonly lossPerToken: Float32Array;
  /** Of the mean loss, by parameter name. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly greedy: GreedyText;
}

const GRADIENT = 'grad.';
const GREEDY_NAME = /^greedy_(\d+)_from_(\d+)$/;

/** @throws CaseError where a tensor is missing, mis-shaped, or a gradient belongs to no parameter. */
export function readModelCase(vectors: Vectors, specs: readonly ParameterSpec[]): ModelCase {
  const inputIds = vectors.ints('input_ids', ['B', 'T']);
  const [batch, seqLen] = [vectors.size('B'), vectors.size('T')];
  const logits = vectors.floats('logits', ['B', 'T', 'V']);
  const mask = vectors.ints('attention_mask', ['B', 'T']);
  return {
    batch,
    seqLen,
    vocabSize: vectors.size('V'),
    inputIds,
    labels: vectors.ints('labels', ['B', 'T']),
    logits,
    paddedLogits: vectors.floats('logits_left_padded', ['B', 'T', 'V']),
    seqStart: Int32Array.from(seqStartFromMask(mask, { batch, seqLen })),
    lossPerToken: vectors.floats('loss_per_token', ['B', 'T']),
    gradients: readGradients(vectors, specs),
    greedy: readGreedy(vectors),
  };
}

/** One per trainable parameter, no more and no less. */
function readGradients(
  vectors: Vectors,
  specs: readonly ParameterSpec[],
): Map<string, Float32Array> {
  const trainable = specs.filter((spec) => spec.trainable);
  const names = new Set(trainable.map(({ name }) => `${GRADIENT}${name}`));
  const extra = vectors.names.filter((name) => name.startsWith(GRADIENT) && !names.has(name));
  if (extra.length > 0) {
    throw new CaseError(`expected gradients of parameters of the model, got ${extra.join(', ')}`);
  }
  return new Map(
    trainable.map(({ name, shape }) => [name, vectors.floats(`${GRADIENT}${name}`, shape)]),
  );
}

function readGreedy(vectors: Vectors): GreedyText {
  const name = vectors.names.find((candidate) => GREEDY_NAME.test(candidate));
  const [, made, prompt] = GREEDY_NAME.exec(name ?? '') ?? [];
  if (!name) throw new CaseError('expected a tensor greedy_…_from_…, which is missing');
  const promptLength = Number(prompt);
  const tokens = vectors.ints(name, [1, promptLength + Number(made)]);
  return { tokens, promptLength };
}
