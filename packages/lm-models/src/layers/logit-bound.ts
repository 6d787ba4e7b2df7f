// How large the logits of a layer can be: what the paper's threshold is made of, and what says whether f16 can hold them.

import { logitUpperBoundFromNorms, logitUpperBoundFromQkNorm } from '@vulpes/acp-scheduler';
import { stopGradient, type Tensor } from '@vulpes/tensor-core';
import type { FoxConfig } from '../config/config.ts';
import type { ParamReader } from '../parameters/params.ts';
import type { AttentionInputs } from './attention-inputs.ts';

/** Rounding to f16 may lengthen a normed row by 2^-11, two of them a logit by twice that. */
const HALF_ROUNDING = (1 + 2 ** -11) ** 2;

/**
 * QK-norm bounds the logits by its weights; without it the largest norms of this batch do. Without a gradient.
 * q [B, T, H, D]; k [B, T, Hkv, D] -> [B, H], nats
 * @param inputs.logitBound - where it is known already
 * @param param - of the attention layer
 */
export function boundLogits(
  { q, k, logitBound }: Pick<AttentionInputs, 'q' | 'k' | 'logitBound'>,
  param: ParamReader,
  { qkNorm }: Pick<FoxConfig, 'qkNorm'>,
): Tensor {
  if (logitBound) return stopGradient(logitBound);
  const [batch, , numHeads, headDim] = q.shape as [number, number, number, number];
  const smScale = 1 / Math.sqrt(headDim);
  if (!qkNorm) return logitUpperBoundFromNorms(stopGradient(q), stopGradient(k), { smScale });
  const rounding = q.dtype === 'f16' ? HALF_ROUNDING : 1;
  const sizes = { batch, numHeads, headDim, smScale: smScale * rounding };
  const weight = (norm: string) => stopGradient(param(`${norm}.weight`));
  return logitUpperBoundFromQkNorm(weight('q_norm'), weight('k_norm'), sizes);
}
