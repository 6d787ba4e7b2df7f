// What a run tells while it goes: plain data, so that a page can post it from a worker.

import type { EvaluationMetrics, StepMetrics } from './metrics-log.ts';
import type { PruningSummary } from './pruning.ts';

export type TrainEvent =
  | {
      readonly type: 'start';
      /** Updates made before this sitting. */
      readonly step: number;
      readonly steps: number;
      readonly tokensPerStep: number;
      readonly parameterCount: number;
      readonly trainTokens: number;
      readonly heldOutTokens: number;
      /** Checkpoint folder it goes on from; null for a fresh start. */
      readonly resumedFrom: string | null;
      /** Sentences that the user should see. */
      readonly notes: readonly string[];
    }
  | StepMetrics
  | (EvaluationMetrics & { readonly pruning: PruningSummary | null })
  | { readonly type: 'checkpoint'; readonly step: number; readonly folder: string };
