// trainer-state.json: all that a run needs to go on, besides weights and optimizer.

import { CheckpointError } from '@vulpes/tensor-core';
import { encodeJson } from '../files.ts';
import {
  asRecord,
  nullableNumberField,
  numberField,
  parseJsonRecord,
  stringField,
} from '../json-fields.ts';
import type { Schedule } from '../schedule.ts';
import type { TrainSettings } from '../settings.ts';

export const TRAINER_STATE_FILE = 'trainer-state.json';
const FORMAT = 'vulpes-trainer-state-1';

/** What a corpus is recognised by. */
export interface CorpusIdentity {
  readonly hash: string;
  readonly tokenizer: string;
  readonly vocabSize: number;
  readonly trainTokens: number;
  readonly heldOutTokens: number;
}

export interface TrainerState {
  /** Updates made. */
  readonly step: number;
  /** Tokens trained on. */
  readonly tokens: number;
  /** Where the data's random numbers stand: `position` sequences drawn from `stream` of `seed`. */
  readonly rng: { readonly seed: number; readonly stream: number; readonly position: number };
  readonly settings: TrainSettings;
  /** For readers; it follows from the settings. */
  readonly schedule: Schedule;
  /** SHA-256 of config.json. */
  readonly configHash: string;
  readonly corpus: CorpusIdentity;
  /** Length of metrics.jsonl at this step. */
  readonly metricsBytes: number;
  /** Last held-out loss, and the step it was taken at; null before the first. */
  readonly heldOutLoss: number | null;
  readonly evaluatedStep: number | null;
  /** Time spent training, all sittings together. */
  readonly elapsedMs: number;
  /** Adapter it was trained on; another one rounds differently. */
  readonly adapter: string;
}

export const encodeTrainerState = (state: TrainerState): Uint8Array<ArrayBuffer> =>
  encodeJson({ format: FORMAT, ...state });

/** @throws CheckpointError naming the field that is missing or of another kind */
export function decodeTrainerState(bytes: Uint8Array, what = TRAINER_STATE_FILE): TrainerState {
  const record = parseJsonRecord(bytes, what);
  if (record.format !== FORMAT) {
    throw new CheckpointError(
      `${what}: expected format ${FORMAT}, got ${JSON.stringify(record.format)}. It was saved by another version.`,
    );
  }
  const rng = asRecord(record.rng, `${what}, field "rng"`);
  const schedule = asRecord(record.schedule, `${what}, field "schedule"`);
  return {
    step: numberField(record, 'step', what),
    tokens: numberField(record, 'tokens', what),
    rng: {
      seed: numberField(rng, 'seed', what),
      stream: numberField(rng, 'stream', what),
      position: numberField(rng, 'position', what),
    },
    settings: decodeSettings(record.settings, what),
    schedule: {
      peakLearningRate: numberField(schedule, 'peakLearningRate', what),
      warmupTokens: numberField(schedule, 'warmupTokens', what),
      totalTokens: numberField(schedule, 'totalTokens', what),
    },
    configHash: stringField(record, 'configHash', what),
    corpus: decodeCorpusIdentity(record.corpus, what),
    metricsBytes: numberField(record, 'metricsBytes', what),
    heldOutLoss: nullableNumberField(record, 'heldOutLoss', what),
    evaluatedStep: nullableNumberField(record, 'evaluatedStep', what),
    elapsedMs: numberField(record, 'elapsedMs', what),
    adapter: stringField(record, 'adapter', what),
  };
}

/** @throws CheckpointError */
export function decodeSettings(value: unknown, what: string): TrainSettings {
  const record = asRecord(value, `${what}, field "settings"`);
  const read = (name: keyof TrainSettings) => numberField(record, name, what);
  return {
    steps: read('steps'),
    contextLength: read('contextLength'),
    batchSize: read('batchSize'),
    accumulate: read('accumulate'),
    learningRate: read('learningRate'),
    warmupSteps: read('warmupSteps'),
    weightDecay: read('weightDecay'),
    maxGradNorm: nullableNumberField(record, 'maxGradNorm', what),
    seed: read('seed'),
    checkpointEvery: read('checkpointEvery'),
    keepCheckpoints: read('keepCheckpoints'),
    evalEvery: read('evalEvery'),
    evalSequences: read('evalSequences'),
  };
}

function decodeCorpusIdentity(value: unknown, what: string): CorpusIdentity {
  const record = asRecord(value, `${what}, field "corpus"`);
  return {
    hash: stringField(record, 'hash', what),
    tokenizer: stringField(record, 'tokenizer', what),
    vocabSize: numberField(record, 'vocabSize', what),
    trainTokens: numberField(record, 'trainTokens', what),
    heldOutTokens: numberField(record, 'heldOutTokens', what),
  };
}
