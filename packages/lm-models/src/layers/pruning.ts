// Adaptive computation pruning for one layer: which part of its attention matrix holds at most ε of any row's weight. [ACP v2, Sec. 3]

import { certifiedStopRule, findBlockRanges } from '@vulpes/acp-scheduler';
import { selectBlocks } from '@vulpes/fox-attention';
import { stopGradient, type Tensor } from '@vulpes/tensor-core';
import { type BlockRanges, cumulativeLogGate, type StopRule } from '@vulpes/wgsl-kernels';
import type { ParamReader } from '../parameters/params.ts';
import type { ForwardContext } from './context.ts';
import { boundLogits } from './logit-bound.ts';

/** What attention takes of a layer's pruning: ranges found before it runs, or a rule by which it stops. */
export interface LayerPruning {
  /** i32 [B, H, T, 2] */
  readonly logLambda: Tensor;
  readonly ranges?: BlockRanges;
  readonly stopRule?: StopRule;
}

interface PruningInputs {
  /** [B, T, H, D], as attention sees it: after norm and rotation. */
  readonly q: Tensor;
  /** [B, T, Hkv, D] */
  readonly k: Tensor;
  /** [B, T, H] */
  readonly logFgate: Tensor;
  /** [B, H], where it is known already. */
  readonly logitBound?: Tensor | undefined;
}

/** Null where pruning is off. What to prune is a decision: no gradient goes through it. */
export function pruneLayer(
  inputs: PruningInputs,
  param: ParamReader,
  { config, documentVisibility, visibility }: ForwardContext,
): LayerPruning | null {
  const { logPruningTolerance, pruningMode } = config;
  if (logPruningTolerance === null) return null;
  const q = stopGradient(inputs.q);
  const k = stopGradient(inputs.k);
  const logFgate = stopGradient(inputs.logFgate);
  const [, seqLen] = q.shape as [number, number];
  const logLambda = cumulativeLogGate(logFgate, { visibility: documentVisibility });
  const blocks = selectBlocks({ keyLen: seqLen }, q.device.caps);
  if (pruningMode === 'certified') {
    return {
      logLambda,
      stopRule: certifiedStopRule(k, logLambda, { logPruningTolerance, blocks, visibility }),
    };
  }
  const logitUpperBound = boundLogits({ ...inputs, q, k }, param, config);
  const threshold = { logitUpperBound, seqLen, logPruningTolerance };
  return { logLambda, ranges: findBlockRanges(logLambda, threshold, { queryLen: seqLen, blocks }) };
}
