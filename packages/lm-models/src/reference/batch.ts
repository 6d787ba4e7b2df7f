// The reference model over a batch of equally long rows, in the flat layout of the device model.

import type { FoxConfig } from '../config/config.ts';
import { type ReferenceWeights, referenceLogits, referenceLossPerToken } from './model.ts';

export interface ReferenceBatch {
  /** [B, T] */
  readonly inputIds: Int32Array;
  /** [B, T]; −100 does not count. */
  readonly labels: Int32Array;
  /** [B] */
  readonly seqStart: readonly number[];
  /** [B, documents + 1], packed documents of each row; default: one document a row. */
  readonly cuSeqlens?: readonly number[] | undefined;
}

export interface ReferenceResult {
  /** Mean over counted labels. */
  readonly loss: number;
  /** [B, T] */
  readonly lossPerToken: Float64Array;
  /** [B, T, V] */
  readonly logits: Float64Array;
}

export function referenceBatch(
  config: FoxConfig,
  weights: ReferenceWeights,
  batch: ReferenceBatch,
): ReferenceResult {
  const { inputIds, labels, seqStart, cuSeqlens } = batch;
  const entries = (cuSeqlens?.length ?? 0) / seqStart.length;
  const seqLen = inputIds.length / seqStart.length;
  const logits = new Float64Array(inputIds.length * config.vocabSize);
  const lossPerToken = new Float64Array(inputIds.length);
  for (const [b, start] of seqStart.entries()) {
    const [from, to] = [b * seqLen, (b + 1) * seqLen];
    const row = referenceLogits(config, weights, {
      inputIds: inputIds.subarray(from, to),
      seqStart: start,
      ...(cuSeqlens && { cuSeqlens: cuSeqlens.slice(b * entries, (b + 1) * entries) }),
    });
    for (const [t, values] of row.entries()) logits.set(values, (from + t) * config.vocabSize);
    lossPerToken.set(referenceLossPerToken(row, labels.subarray(from, to)), from);
  }
  const counted = labels.filter((label) => label !== -100).length;
  const loss = lossPerToken.reduce((sum, value) => sum + value, 0) / counted;
  return { loss, lossPerToken, logits };
}
