// A model's bounds, and the checks that hold device results to the official ones. Pure: arrays in, checks out.

import { type Check, relativeCheck, rmsCheck, worstOf } from '../compare/check.ts';
import { countDifferences } from '../compare/metrics.ts';
import type { Golden } from './golden.ts';
import type { ModelResults } from './on-device.ts';

/** RMS error ratios of an f32 model against f32 code with f64 attention. */
const LOGIT_BOUND = 1e-4;
const GRADIENT_BOUND = 1e-3;

/** Logits, losses, left padding and every gradient. @param prefix - of the checks' names. */
export function compareModel(golden: Golden, results: ModelResults, prefix = ''): Check[] {
  const { logits, lossPerToken } = golden;
  const rms = (name: string, expected: ArrayLike<number>, actual: ArrayLike<number>) =>
    rmsCheck(`${prefix}${name}`, { expected, actual, bound: LOGIT_BOUND });
  return [
    rms('logits', logits, results.logits),
    rms('token losses', lossPerToken, results.lossPerToken),
    relativeCheck(`${prefix}loss`, {
      expected: [meanLoss(golden)],
      actual: [results.loss],
      bound: LOGIT_BOUND,
    }),
    rms(
      'padded logits',
      unpadded(golden, golden.paddedLogits),
      unpadded(golden, results.paddedLogits),
    ),
    compareGradients(golden, results, prefix),
  ];
}

function compareGradients({ gradients }: Golden, results: ModelResults, prefix: string): Check {
  const parts = [...gradients].map(([name, expected]) =>
    rmsCheck(name, { expected, actual: results.gradients.get(name) ?? [], bound: GRADIENT_BOUND }),
  );
  return worstOf(`${prefix}gradients`, 'parameters', parts);
}

/** The official model's, of the labels that count. */
function meanLoss({ lossPerToken, labels }: Golden): number {
  let [sum, count] = [0, 0];
  lossPerToken.forEach((loss, token) => {
    if ((labels[token] as number) < 0) return;
    sum += loss;
    count++;
  });
  return sum / count;
}

/** Rows of [B, T, V] from each sequence's first real token on. */
function unpadded({ batch, seqLen, vocabSize, seqStart }: Golden, logits: Float32Array): number[] {
  const rows: number[] = [];
  for (let b = 0; b < batch; b++) {
    const start = (b * seqLen + (seqStart[b] as number)) * vocabSize;
    for (const value of logits.subarray(start, (b + 1) * seqLen * vocabSize)) rows.push(value);
  }
  return rows;
}

export const compareGreedy = ({ greedy }: Golden, text: Int32Array, prefix = ''): Check => ({
  name: `${prefix}greedy`,
  error: countDifferences(greedy.tokens, text),
  bound: 0,
  measure: `of ${greedy.tokens.length - greedy.promptLength} tokens after ${greedy.promptLength} differ`,
});
