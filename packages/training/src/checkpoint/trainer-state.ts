// trainer-state.json: all that a run needs to continue, besides weights and optimizer.

import type { Tensor } from '@vulpes/tensor-core';
import * as v from 'valibot';
import { encodeJson } from '../files.ts';
import { scheduleSchema } from '../schedule.ts';
import { count, countOrZero, decodeJson, finite, text } from '../schema.ts';
import { settingsSchema } from '../settings.ts';

export const TRAINER_STATE_FILE = 'trainer-state.json';
const FORMAT = 'vulpes-trainer-state-1';

/** What a corpus is recognised by. */
const corpusSchema = v.object({
  hash: text,
  tokenizer: text,
  vocabSize: count,
  trainTokens: count,
  heldOutTokens: count,
});

/** What a step multiplies gradients by: its inverse has to be exact. */
const powerOfTwo = v.pipe(
  finite,
  v.check((value) => value >= 1 && Number.isInteger(Math.log2(value)), 'a power of two from 1 on'),
);

const trainerStateSchema = v.object({
  /** Updates made. */
  step: countOrZero,
  /** Tokens trained on. */
  tokens: countOrZero,
  /** Position of the data's random numbers: `position` sequences drawn from `stream` of `seed`. */
  rng: v.object({ seed: countOrZero, stream: countOrZero, position: countOrZero }),
  settings: settingsSchema,
  /** Loss scale, good steps since it moved, skipped updates; older states have none. */
  control: v.optional(
    v.object({ lossScale: powerOfTwo, goodSteps: countOrZero, skipped: countOrZero }),
    { lossScale: 1, goodSteps: 0, skipped: 0 },
  ),
  /** Follows from the settings, until a resumed run changes them. */
  schedule: scheduleSchema,
  /** SHA-256 of config.json. */
  configHash: text,
  corpus: corpusSchema,
  /** Length of metrics.jsonl at this step. */
  metricsBytes: countOrZero,
  /** Last held-out loss, and the step it was taken at; null before the first. */
  heldOutLoss: v.nullable(finite),
  evaluatedStep: v.nullable(countOrZero),
  /** Time spent training, all parts of a resumed run together. */
  elapsedMs: finite,
  /** Adapter it was trained on; another one rounds differently. */
  adapter: text,
  /** Fingerprint of the tuning table it was trained with; null without one. */
  tuning: v.optional(v.nullable(text), null),
});

export type CorpusIdentity = Readonly<v.InferOutput<typeof corpusSchema>>;
export type TrainerState = Readonly<v.InferOutput<typeof trainerStateSchema>>;

/** The step state on the GPU, f32 [4], as saved. */
export async function readStepState(tensor: Tensor): Promise<TrainerState['control']> {
  const values = Array.from(await tensor.data());
  const [lossScale = 1, goodSteps = 0, skipped = 0] = values;
  return { lossScale, goodSteps, skipped };
}

/** As `stepControl` reads it, f32 [4]. */
export const toStepState = ({ lossScale, goodSteps, skipped }: TrainerState['control']) =>
  Float32Array.of(lossScale, goodSteps, skipped, 0);

export const encodeTrainerState = (state: TrainerState): Uint8Array<ArrayBuffer> =>
  encodeJson({ format: FORMAT, ...state });

/** @throws CheckpointError naming the field that is missing or of another kind */
export const decodeTrainerState = (bytes: Uint8Array, what = TRAINER_STATE_FILE): TrainerState =>
  decodeJson(bytes, { schema: trainerStateSchema, format: FORMAT, what });
