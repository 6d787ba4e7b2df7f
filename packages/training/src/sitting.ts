// The mutable state of a run in memory: made afresh, or brought back from a checkpoint that fits.

import { CheckpointError } from '@vulpes/tensor-core';
import { readCheckpoint } from './checkpoint/checkpoint-folder.ts';
import { configHashOf, uploadOptimizer, uploadWeights } from './checkpoint/run-state.ts';
import {
  type CorpusIdentity,
  decodeTrainerState,
  TRAINER_STATE_FILE,
  type TrainerState,
} from './checkpoint/trainer-state.ts';
import { BatchSampler, DATA_STREAM } from './data/batches.ts';
import type { Corpus } from './data/corpus.ts';
import { byteTokenizer } from './data/tokenizer.ts';
import type { Model, Params } from './model.ts';
import { type AdamWState, createAdamWState } from './optimizer.ts';
import { assertSameCourse, scheduleOf } from './settings.ts';
import type { TrainingRun } from './training-run.ts';

export interface Progress {
  /** Updates made. */
  step: number;
  tokens: number;
  heldOutLoss: number | null;
  /** Step of the last evaluation. */
  evaluatedStep: number | null;
}

export interface Sitting {
  readonly model: Model;
  readonly params: Params;
  readonly optimizer: AdamWState;
  readonly sampler: BatchSampler;
  readonly progress: Progress;
  /** Length that metrics.jsonl had at the checkpoint. */
  readonly metricsBytes: number;
  readonly notes: readonly string[];
  readonly configHash: string;
  /** Milliseconds trained so far, earlier sittings included. */
  elapsedMs(): number;
}

/** Frees a sitting's optimizer, and its weights unless they are handed on. */
export function disposeSitting(
  { params, optimizer }: Sitting,
  { keepParams }: { keepParams: boolean },
): void {
  const records = [optimizer.m, optimizer.v, ...(keepParams ? [] : [params])];
  for (const record of records) for (const tensor of Object.values(record)) tensor.dispose();
}

/** @throws CheckpointError when the checkpoint is damaged or belongs to another run */
export async function startSitting(run: TrainingRun): Promise<Sitting> {
  return run.resumeFrom ? resumedSitting(run, run.resumeFrom.folder) : freshSitting(run);
}

async function freshSitting({ device, model, settings, corpus }: TrainingRun): Promise<Sitting> {
  assertVocabulary(model, corpus);
  return {
    model,
    params: model.init(settings.seed),
    optimizer: createAdamWState(device, model.parameterSpecs()),
    sampler: samplerOf(settings, corpus, 0),
    progress: { step: 0, tokens: 0, heldOutLoss: null, evaluatedStep: null },
    metricsBytes: 0,
    notes: [],
    configHash: await configHashOf(model),
    elapsedMs: clock(0),
  };
}

async function resumedSitting(run: TrainingRun, folder: string): Promise<Sitting> {
  const { model, settings, corpus } = run;
  const contents = await readCheckpoint(run.files, folder);
  const stateBytes = contents[TRAINER_STATE_FILE];
  if (!stateBytes) {
    throw new CheckpointError(
      `resume: expected ${TRAINER_STATE_FILE} in ${folder}, got none. Resume from a checkpoint of the trainer.`,
    );
  }
  const state = decodeTrainerState(stateBytes, `${folder}/${TRAINER_STATE_FILE}`);
  const configHash = await configHashOf(model);
  assertFits(state, { run, configHash });
  const adapter = run.device.caps.adapter.description;
  return {
    model,
    params: await uploadWeights(model, contents),
    optimizer: uploadOptimizer(model, contents),
    sampler: samplerOf(settings, corpus, state.rng.position),
    progress: {
      step: state.step,
      tokens: state.tokens,
      heldOutLoss: state.heldOutLoss,
      evaluatedStep: state.evaluatedStep,
    },
    metricsBytes: state.metricsBytes,
    notes:
      state.adapter === adapter
        ? []
        : [
            `The run was on "${state.adapter}" and goes on on "${adapter}": losses may differ in the last digits.`,
          ],
    configHash,
    elapsedMs: clock(state.elapsedMs),
  };
}

const samplerOf = (
  { contextLength, seed }: { contextLength: number; seed: number },
  corpus: Corpus,
  position: number,
): BatchSampler =>
  new BatchSampler({ tokens: corpus.train, length: contextLength, seed, position });

function clock(before: number): () => number {
  const start = performance.now();
  return () => before + performance.now() - start;
}

function assertFits(
  state: TrainerState,
  { run, configHash }: { run: TrainingRun; configHash: string },
): void {
  if (state.configHash !== configHash) {
    throw new CheckpointError(
      'resume: expected the architecture that the checkpoint was trained with, got another. Use the config.json of the checkpoint.',
    );
  }
  assertSameCourse(state.settings, run.settings);
  if (state.step > run.settings.steps) {
    throw new CheckpointError(
      `resume: expected at least ${state.step} steps, since the checkpoint has made them, got ${run.settings.steps}. Train longer.`,
    );
  }
  assertVocabulary(run.model, run.corpus);
  assertSameCorpus(state.corpus, corpusIdentity(run.corpus));
}

function assertVocabulary({ config }: Model, { vocabSize }: Corpus): void {
  if (config.vocabSize >= vocabSize) return;
  throw new CheckpointError(
    `training: expected a model with a vocabulary of at least ${vocabSize} for ${byteTokenizer.name} tokens, got ${config.vocabSize}. Set vocab_size to ${vocabSize}.`,
  );
}

function assertSameCorpus(saved: CorpusIdentity, given: CorpusIdentity): void {
  for (const name of ['tokenizer', 'hash', 'trainTokens', 'heldOutTokens'] as const) {
    if (saved[name] === given[name]) continue;
    throw new CheckpointError(
      `resume: expected the text that the run began with (${name} ${saved[name]}), got another (${given[name]}). Give the same files in the same order, or start a new run.`,
    );
  }
}

export const corpusIdentity = (corpus: Corpus): CorpusIdentity => ({
  hash: corpus.hash,
  tokenizer: byteTokenizer.name,
  vocabSize: corpus.vocabSize,
  trainTokens: corpus.train.length,
  heldOutTokens: corpus.heldOut.length,
});

/** What the checkpoint of this moment keeps. @param metricsBytes - length of metrics.jsonl now */
export function trainerStateOf(
  sitting: Sitting,
  { settings, corpus, device }: TrainingRun,
  metricsBytes: number,
): TrainerState {
  const { step, tokens, heldOutLoss, evaluatedStep } = sitting.progress;
  return {
    step,
    tokens,
    rng: { seed: settings.seed, stream: DATA_STREAM, position: sitting.sampler.position },
    settings,
    schedule: scheduleOf(settings),
    configHash: sitting.configHash,
    corpus: corpusIdentity(corpus),
    metricsBytes,
    heldOutLoss,
    evaluatedStep,
    elapsedMs: Math.round(sitting.elapsedMs()),
    adapter: device.caps.adapter.description,
  };
}
