// A model's bounds, and the checks that hold device results to the official ones. Pure: arrays in, checks out.

import { type Check, relativeCheck, rmsCheck, worstOf } from '../compare/check.ts';
import { countDifferences } from '../compare/metrics.ts';
import type { Golden } from './golden.ts';
import type { EvictionResults, GreedyResults, ModelResults } from './on-device.ts';
import type { Variant } from './variant.ts';

/** RMS error ratios of an f32 model against f32 code with f64 attention. */
const LOGIT_BOUND = 1e-4;
const GRADIENT_BOUND = 1e-3;

/**
 * Logits, losses, left padding and every gradient.
 * @param variant - prefix of the checks' names, and what its pruning may add to the error of outputs
 */
export function compareModel(
  golden: Golden,
  results: ModelResults,
  { prefix, allowance }: Pick<Variant, 'prefix' | 'allowance'>,
): Check[] {
  const { logits, lossPerToken } = golden;
  const bound = LOGIT_BOUND + allowance;
  const byRms = (name: string, expected: ArrayLike<number>, actual: ArrayLike<number>) =>
    rmsCheck(`${prefix}${name}`, { expected, actual, bound });
  return [
    byRms('logits', logits, results.logits),
    byRms('token losses', lossPerToken, results.lossPerToken),
    relativeCheck(`${prefix}loss`, {
      expected: [meanLoss(golden)],
      actual: [results.loss],
      bound,
    }),
    byRms(
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

/**
 * The text token by token. Where it parts from the official one, the two likeliest tokens must be as near to each other as
 * logits may be off; from there on each official token must be the likeliest, or as near, after the official text before it.
 */
export function compareGreedy(
  golden: Golden,
  { text, logits }: GreedyResults,
  name = 'greedy',
): Check {
  const { tokens, promptLength } = golden.greedy;
  const made = `of ${tokens.length - promptLength} tokens after ${promptLength} differ`;
  const check = (error: number, measure = made) => ({ name, error, bound: 0, measure });
  const parting = tokens.findIndex((token, t) => token !== text[t]);
  if (parting < 0 && text.length === tokens.length) return check(0);
  if (parting < promptLength || text.length !== tokens.length)
    return check(countDifferences(tokens, text));
  const tie = LOGIT_BOUND * rms(golden.logits);
  const lag = (t: number, token: number) => {
    const row = logits.subarray((t - 1) * golden.vocabSize, t * golden.vocabSize);
    return row.reduce((a, b) => Math.max(a, b)) - (row[token] as number);
  };
  const lags = Array.from(tokens.subarray(parting), (token, t) => lag(parting + t, token));
  lags.push(lag(parting, text[parting] as number));
  const far = lags.filter((value) => !(value <= tie)).length; // NaN is far
  const gap = (lags[0] as number).toExponential(1);
  return check(far, `${made} but for a tie at token ${parting}, logits ${gap} apart`);
}

/** Letting go of what is forgotten may not change a token. */
export const compareEviction = ({ evicted, kept }: EvictionResults, name: string): Check => ({
  name,
  error: countDifferences(kept, evicted),
  bound: 0,
  measure: `of ${kept.length} tokens differ from those of a cache that keeps all`,
});

const rms = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
