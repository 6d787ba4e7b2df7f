// What a run is given, what it reports, and what it returns.

import type { Corpus } from '@vulpes/data';
import type { Device } from '@vulpes/tensor-core';
import type { AcceptedChanges } from './checkpoint/assert-resumable.ts';
import type { CheckpointLocation } from './checkpoint/checkpoint-folder.ts';
import type { Files } from './files.ts';
import type { EvaluationMetrics, StepMetrics } from './metrics-log.ts';
import type { Model, Params } from './model.ts';
import type { PruningSummary } from './pruning.ts';
import type { TrainSettings } from './settings.ts';

export interface TrainingRun {
  readonly device: Device;
  readonly model: Model;
  readonly settings: TrainSettings;
  readonly corpus: Corpus;
  readonly files: Files;
  /** Folder of checkpoints and metrics; exists already. */
  readonly runFolder: string;
  /** Checkpoint to continue from; null starts a new run. */
  readonly resumeFrom: CheckpointLocation | null;
  /** What may differ from the checkpoint on purpose; the notes of the start say what is no longer exact. Default: nothing. */
  readonly acceptChanges?: AcceptedChanges;
  /** Awaited once the run is in memory and fits its checkpoint, before any of its files is cut back. */
  readonly onOpened?: () => Promise<void>;
  readonly onEvent?: (event: TrainEvent) => void;
  /** When it is aborted, the run finishes its step, saves and returns. */
  readonly signal?: AbortSignal;
}

/** Plain data: a page can post it from a worker. */
export type TrainEvent =
  | {
      readonly type: 'start';
      /** Updates made before. */
      readonly step: number;
      readonly steps: number;
      readonly tokensPerStep: number;
      readonly parameterCount: number;
      readonly trainTokens: number;
      readonly heldOutTokens: number;
      /** Checkpoint folder it continues from; null for a new run. */
      readonly resumedFrom: string | null;
      /** Sentences that the user should see. */
      readonly notes: readonly string[];
    }
  | StepMetrics
  | (EvaluationMetrics & { readonly pruning: PruningSummary | null })
  | { readonly type: 'checkpoint'; readonly step: number; readonly folder: string };

export interface TrainingOutcome {
  readonly reason: 'finished' | 'stopped';
  readonly step: number;
  readonly tokens: number;
  /** Last held-out loss, nats a token; null when stopped before the first. */
  readonly heldOutLoss: number | null;
  /** Of the last evaluation since start or resumption; null without one, or without pruning. */
  readonly pruning: PruningSummary | null;
  readonly checkpoint: CheckpointLocation;
  /** Owned by the caller. */
  readonly params: Params;
}
