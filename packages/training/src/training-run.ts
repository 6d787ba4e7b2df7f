// What a run is given, and what comes of it.

import type { Device } from '@vulpes/tensor-core';
import type { CheckpointLocation } from './checkpoint/checkpoint-folder.ts';
import type { Corpus } from './data/corpus.ts';
import type { TrainEvent } from './events.ts';
import type { Files } from './files.ts';
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
  /** Checkpoint to go on from; null starts afresh. */
  readonly resumeFrom: CheckpointLocation | null;
  /** Awaited once the run is in memory and fits its checkpoint, before anything on disk is cut back. */
  readonly onOpened?: () => Promise<void>;
  readonly onEvent?: (event: TrainEvent) => void;
  /** Aborting it finishes the step, saves and returns. */
  readonly signal?: AbortSignal;
}

export interface TrainingOutcome {
  readonly reason: 'finished' | 'stopped';
  readonly step: number;
  readonly tokens: number;
  /** Last held-out loss, nats a token; null when stopped before the first. */
  readonly heldOutLoss: number | null;
  /** Of the last evaluation of this sitting; null without one, or without pruning. */
  readonly pruning: PruningSummary | null;
  readonly checkpoint: CheckpointLocation;
  /** Owned by the caller. */
  readonly params: Params;
}
