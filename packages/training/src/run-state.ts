// The state of a run: made fresh or read from a checkpoint, saved to the next checkpoint, freed at the end.

import type { Corpus } from '@vulpes/data';
import { CheckpointError } from '@vulpes/tensor-core';
import {
  assertResumable,
  assertVocabulary,
  identifyCorpus,
  type ResumeRequest,
} from './checkpoint/assert-resumable.ts';
import { encodeCheckpoint, hashConfig, restoreState } from './checkpoint/checkpoint-contents.ts';
import {
  type CheckpointContents,
  type CheckpointLocation,
  cleanLeftovers,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint/checkpoint-folder.ts';
import { setAsideLater } from './checkpoint/set-aside.ts';
import {
  decodeTrainerState,
  readStepState,
  TRAINER_STATE_FILE,
  type TrainerState,
  toStepState,
} from './checkpoint/trainer-state.ts';
import { BatchSampler, DATA_STREAM } from './data/batches.ts';
import { encodeText, type Files, joinPath } from './files.ts';
import { METRICS_FILE, MetricsLog } from './metrics-log.ts';
import type { Model } from './model.ts';
import { explainNonFinite, findNonFinite } from './non-finite.ts';
import type { Precision } from './precision.ts';
import type { Schedule } from './schedule.ts';
import { continueSchedule, makeSchedule, type TrainSettings } from './settings.ts';
import {
  allocateState,
  copyToHalves,
  disposeState,
  getFirstLossScale,
  type TrainedState,
} from './trained-state.ts';
import type { TrainingRun } from './training-run.ts';
import { getTuning, noteOtherTuning } from './tuning-file.ts';

export interface RunState extends TrainedState {
  readonly model: Model;
  readonly sampler: BatchSampler;
  readonly schedule: Schedule;
  /** Updates made. */
  step: number;
  /** Tokens trained on. */
  tokens: number;
  /** Updates that were skipped, as far as the host has heard. */
  skipped: number;
  /** Last held-out loss, and the step it was taken at; null before the first. */
  heldOutLoss: number | null;
  evaluatedStep: number | null;
  /** Newest checkpoint, and its `evaluatedStep`; null before the first. */
  saved: { readonly location: CheckpointLocation; readonly evaluatedStep: number | null } | null;
  /** Length that metrics.jsonl had at the checkpoint. */
  readonly metricsBytes: number;
  /** Sentences that the user should see. */
  readonly notes: string[];
  /** Milliseconds trained before it was resumed, and when this part began. */
  readonly elapsedBeforeMs: number;
  readonly startedAt: number;
}

/** @throws CheckpointError when the checkpoint is damaged or belongs to another run */
export async function openState(run: TrainingRun): Promise<RunState> {
  await cleanLeftovers(run.files, run.runFolder);
  return run.resumeFrom ? resume(run, run.resumeFrom) : startFresh(run);
}

function startFresh({ model, settings, corpus }: TrainingRun): RunState {
  assertVocabulary(model.config, corpus);
  const trained = allocateState(model);
  model.init(settings.seed, trained.params);
  copyToHalves(trained);
  return {
    ...trained,
    model,
    sampler: createSampler(settings, corpus, 0),
    ...{ step: 0, tokens: 0, skipped: 0, heldOutLoss: null, evaluatedStep: null, saved: null },
    metricsBytes: 0,
    schedule: makeSchedule(settings),
    notes: [],
    elapsedBeforeMs: 0,
    startedAt: performance.now(),
  };
}

/** A checkpoint's files, each checked, and its trainer state. */
async function readState(files: Files, folder: string) {
  const contents = await readCheckpoint(files, folder);
  const bytes = contents[TRAINER_STATE_FILE];
  if (bytes)
    return { contents, saved: decodeTrainerState(bytes, `${folder}/${TRAINER_STATE_FILE}`) };
  throw new CheckpointError(
    `resume: expected ${TRAINER_STATE_FILE} in ${folder}, got none. Resume from a checkpoint of the trainer.`,
  );
}

/**
 * All that resuming asks of a checkpoint, without a device.
 * @returns sentences on what changed, and what is no longer exact by it
 * @throws CheckpointError when it is damaged or belongs to another run
 */
export async function checkResumable(
  files: Files,
  { folder }: CheckpointLocation,
  request: ResumeRequest,
): Promise<string[]> {
  const { saved } = await readState(files, folder);
  return assertResumable(saved, request);
}

async function resume(run: TrainingRun, location: CheckpointLocation): Promise<RunState> {
  const { model, settings, corpus, device } = run;
  const { folder } = location;
  const { contents, saved } = await readState(run.files, folder);
  const { config } = model;
  const changes = await assertResumable(saved, {
    ...{ config, settings, corpus },
    accept: run.acceptChanges,
  });
  const { step, tokens, heldOutLoss, evaluatedStep, metricsBytes, control } = saved;
  const trained = allocateState(model);
  try {
    await restoreState(model, trained, contents);
  } catch (error) {
    disposeState(trained);
    throw error;
  }
  copyToHalves(trained);
  const isSamePrecision = saved.settings.precision === settings.precision;
  const scale = { lossScale: getFirstLossScale(model.compute), goodSteps: 0 };
  device.write(trained.control, toStepState({ ...control, ...(isSamePrecision ? {} : scale) }));
  return {
    ...trained,
    model,
    sampler: createSampler(settings, corpus, saved.rng.position),
    ...{
      step,
      tokens,
      skipped: control.skipped,
      heldOutLoss,
      evaluatedStep,
      saved: { location, evaluatedStep },
    },
    metricsBytes,
    schedule: continueSchedule(saved, settings),
    notes: [
      ...changes,
      ...noteOtherAdapter(saved.adapter, device.caps.adapter.description),
      ...noteOtherTuning(saved.tuning, getTuning(device.caps)),
      ...noteOtherPrecision(saved.settings.precision, settings.precision),
    ],
    elapsedBeforeMs: saved.elapsedMs,
    startedAt: performance.now(),
  };
}

const noteOtherAdapter = (before: string, now: string): string[] =>
  before === now
    ? []
    : [
        `The run was on "${before}" and continues on "${now}": losses may differ in the last digits.`,
      ];

const noteOtherPrecision = (before: Precision, now: Precision): string[] =>
  before === now
    ? []
    : [`The run was in ${before} precision and continues in ${now}: losses may differ a little.`];

function createSampler(settings: TrainSettings, corpus: Corpus, position: number): BatchSampler {
  const { contextLength: length, seed, packDocuments } = settings;
  return new BatchSampler({ source: corpus.train, length, seed, packDocuments, position });
}

/**
 * Takes the files of the run back to the step of `state`, and opens the metrics log.
 * Later checkpoints are set aside before the log is cut: a kill in between leaves none that the log does not reach.
 */
export async function rewindFiles(run: TrainingRun, state: RunState): Promise<MetricsLog> {
  const { files, runFolder } = run;
  const later = await setAsideLater(files, runFolder, state.step);
  if (later.length > 0) state.notes.push(noteSetAside(state.step, later));
  const path = joinPath(runFolder, METRICS_FILE);
  const metrics = await MetricsLog.open(files, path, state.metricsBytes);
  if (metrics.bytes < state.metricsBytes) {
    state.notes.push(
      `The metrics log has ${metrics.bytes} bytes that can be used, ${state.metricsBytes} when the checkpoint was saved: the steps missing there stay missing.`,
    );
  }
  return metrics;
}

function noteSetAside(step: number, later: readonly CheckpointLocation[]): string {
  const folders = later.map(({ folder }) => folder).join(', ');
  return `Going back to step ${step}: later checkpoints are set aside, and deleted once the run has saved beyond them: ${folders}. To go on from one of them instead, stop and resume from it by this name.`;
}

/**
 * Writes a checkpoint, unless the newest one is of this very state.
 * @param metricsBytes - length of metrics.jsonl now
 * @throws NonFiniteError rather than saving a weight that is not finite
 */
export async function saveState(
  run: TrainingRun,
  state: RunState,
  metricsBytes: number,
): Promise<CheckpointLocation> {
  const { saved, step, evaluatedStep } = state;
  if (saved?.location.step === step && saved.evaluatedStep === evaluatedStep) return saved.location;
  if (await findNonFinite(state.params))
    throw await explainNonFinite(state, step, 'its update made a weight that is not finite');
  const { files, runFolder, settings } = run;
  const contents = {
    ...(await encodeCheckpoint(state, await describeState(run, state, metricsBytes))),
    ...encodeTokenizer(run.corpus),
  };
  const keep = settings.keepCheckpoints;
  const location = await writeCheckpoint(files, runFolder, { step, contents, keep });
  state.saved = { location, evaluatedStep };
  return location;
}

/** A model folder stands alone: its tokenizer lies beside it, as Hugging Face has it. Bytes need none. */
function encodeTokenizer({ tokenizer }: Corpus): CheckpointContents {
  const { json } = tokenizer;
  return json === null ? {} : { 'tokenizer.json': encodeText(json) };
}

async function describeState(
  { model, settings, corpus, device }: TrainingRun,
  state: RunState,
  metricsBytes: number,
): Promise<TrainerState> {
  const { step, tokens, heldOutLoss, evaluatedStep, sampler, startedAt } = state;
  return {
    ...{ step, tokens, heldOutLoss, evaluatedStep, metricsBytes, settings },
    rng: { seed: settings.seed, stream: DATA_STREAM, position: sampler.position },
    control: await readStepState(state.control),
    schedule: state.schedule,
    configHash: await hashConfig(model.config),
    corpus: identifyCorpus(corpus),
    elapsedMs: Math.round(state.elapsedBeforeMs + performance.now() - startedAt),
    adapter: device.caps.adapter.description,
    tuning: getTuning(device.caps),
  };
}
