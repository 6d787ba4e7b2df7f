// The bounds of models, and the checks of device results against the official ones.

import { countDifferences } from '@vulpes/tensor-core/metrics';
import type { Bounds } from '../bounds.ts';
import { type Check, compareParameters, relativeCheck, rmsCheck, zeroCheck } from '../check.ts';
import type { Variant } from '../rules.ts';
import type { ModelCase } from './case.ts';
import type { ModelResults, runGreedy } from './run.ts';

/**
 * Logits, losses, left padding and every gradient.
 * @param variant - prefix of the checks' names, and what its pruning may add to the error of outputs
 */
export function compareModel(
  theCase: ModelCase,
  results: ModelResults,
  {
    prefix,
    allowance,
    bounds,
  }: Pick<Variant, 'prefix' | 'allowance'> & { readonly bounds: Bounds },
): Check[] {
  const { gradients, ...outputs } = results;
  const bound = bounds.logits + allowance;
  const compare = (name: string, expected: ArrayLike<number>, actual: ArrayLike<number>) =>
    rmsCheck(`${prefix}${name}`, { expected, actual, bound });
  const expectedLoss = [computeMeanLoss(theCase)];
  return [
    compare('logits', theCase.logits, outputs.logits),
    compare('token losses', theCase.lossPerToken, outputs.lossPerToken),
    relativeCheck(`${prefix}loss`, { expected: expectedLoss, actual: outputs.loss, bound }),
    compare(
      'padded logits',
      unpad(theCase, theCase.paddedLogits),
      unpad(theCase, outputs.paddedLogits),
    ),
    compareParameters(`${prefix}gradients`, theCase.gradients, gradients, (parameter) =>
      parameter.endsWith('fgate_proj.bias') ? bounds.gateBiasGradient : bounds.modelGradient,
    ),
  ];
}

/** Of the tokens whose label counts. */
function computeMeanLoss({ lossPerToken, labels }: ModelCase): number {
  const losses = Array.from(lossPerToken).filter((_, token) => labels[token]! >= 0);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** Rows of [B, T, V] from each sequence's first real token on. */
function unpad({ batch, seqLen, vocabSize, seqStart }: ModelCase, logits: Float32Array): number[] {
  return Array.from({ length: batch }, (_, b) => [
    ...logits.subarray((b * seqLen + seqStart[b]!) * vocabSize, (b + 1) * seqLen * vocabSize),
  ]).flat();
}

/**
 * The text token by token. Where it differs from the official one, the two likeliest tokens must be as near to each other as
 * logits may be off; from there on each official token must be the likeliest, or as near, after the official text before it.
 */
export function compareGreedy(
  { greedy, vocabSize, logits: officialLogits }: ModelCase,
  { text, logits }: Awaited<ReturnType<typeof runGreedy>>,
  { name, bound }: { readonly name: string; readonly bound: number },
): Check {
  const { tokens, promptLength } = greedy;
  const made = `of ${tokens.length - promptLength} tokens after ${promptLength} differ`;
  const check = (error: number, measure = made) => zeroCheck(name, error, measure);
  const first = tokens.findIndex((token, t) => token !== text[t]);
  if (first < promptLength || text.length !== tokens.length) {
    return check(countDifferences(tokens, text)); // 0 where none differs
  }
  const tie = bound * computeRms(officialLogits);
  /** How far a token's logit is below the largest one. */
  const gap = (t: number, token: number) => {
    const row = logits.subarray((t - 1) * vocabSize, t * vocabSize);
    return row.reduce((a, b) => Math.max(a, b)) - row[token]!;
  };
  const gaps = Array.from(tokens.subarray(first), (token, t) => gap(first + t, token));
  gaps.push(gap(first, text[first]!));
  const far = gaps.filter((value) => !(value <= tie)).length; // NaN is far
  return check(
    far,
    `${made} but for a tie at token ${first}, logits ${gaps[0]!.toExponential(1)} apart`,
  );
}

const computeRms = (values: Float32Array): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
