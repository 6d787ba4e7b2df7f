// What happens around the steps of a run: evaluations, checkpoints, the metrics log and the events.

import { NonFiniteError, shapeSize } from '@vulpes/tensor-core';
import {
  type CheckpointLocation,
  cleanLeftovers,
  dropLaterCheckpoints,
  writeCheckpoint,
} from './checkpoint/checkpoint-folder.ts';
import { encodeRunState } from './checkpoint/run-state.ts';
import { heldOutBatches, type TokenBatch } from './data/batches.ts';
import { type Evaluation, evaluate } from './evaluate.ts';
import { joinPath } from './files.ts';
import { type EvaluationMetrics, MetricsLog } from './metrics-log.ts';
import { tokensPerStep } from './settings.ts';
import { disposeSitting, type Sitting, startSitting, trainerStateOf } from './sitting.ts';
import { firstNonFinite, StepReader } from './step-reader.ts';
import type { TrainingOutcome, TrainingRun } from './training-run.ts';

export const METRICS_FILE = 'metrics.jsonl';

export class RunKeeper {
  readonly sitting: Sitting;
  readonly reader: StepReader;
  readonly #run: TrainingRun;
  readonly #metrics: MetricsLog;
  readonly #batches: readonly TokenBatch[];
  #saved: { location: CheckpointLocation; evaluatedStep: number | null } | null;
  #lastEvaluation: Evaluation | null = null;

  private constructor(run: TrainingRun, sitting: Sitting, metrics: MetricsLog) {
    const { settings, corpus, model, resumeFrom } = run;
    this.#run = run;
    this.sitting = sitting;
    this.#metrics = metrics;
    this.#batches = heldOutBatches(corpus.heldOut, {
      length: settings.contextLength,
      sequences: settings.evalSequences,
      batchSize: settings.batchSize,
    });
    const { evaluatedStep } = sitting.progress;
    this.#saved = resumeFrom && { location: resumeFrom, evaluatedStep };
    this.reader = new StepReader({
      numHeads: model.config.numHeads,
      onStep: async (step) => {
        await metrics.append(step);
        run.onEvent?.(step);
      },
      explain: (facts, what) => this.#explainNonFinite(facts, what),
    });
  }

  /** Brings the run into memory and tells of its start. */
  static async open(run: TrainingRun): Promise<RunKeeper> {
    await cleanLeftovers(run.files, run.runFolder);
    const sitting = await startSitting(run);
    try {
      return await RunKeeper.#openFiles(run, sitting);
    } catch (error) {
      disposeSitting(sitting, { keepParams: false });
      throw error;
    }
  }

  /** Later checkpoints go before the log is cut: else a kill in between leaves one that the log does not reach. */
  static async #openFiles(run: TrainingRun, sitting: Sitting): Promise<RunKeeper> {
    const { files, runFolder } = run;
    await run.onOpened?.();
    await dropLaterCheckpoints(files, runFolder, sitting.progress.step);
    const path = joinPath(runFolder, METRICS_FILE);
    const metrics = await MetricsLog.open(files, path, sitting.metricsBytes);
    const notes = [...sitting.notes, ...shortLogNotes(metrics, sitting)];
    run.onEvent?.({
      type: 'start',
      step: sitting.progress.step,
      steps: run.settings.steps,
      tokensPerStep: tokensPerStep(run.settings),
      parameterCount: parameterCount(run),
      trainTokens: run.corpus.train.length,
      heldOutTokens: run.corpus.heldOut.length,
      resumedFrom: run.resumeFrom?.folder ?? null,
      notes,
    });
    return new RunKeeper(run, sitting, metrics);
  }

  /** Held-out loss at the start and every so many steps, once a step. An abort leaves it for the next sitting. */
  async evaluateIfDue(): Promise<void> {
    const { step, evaluatedStep } = this.sitting.progress;
    if (step % this.#run.settings.evalEvery === 0 && evaluatedStep !== step) await this.#evaluate();
  }

  async saveIfDue(): Promise<void> {
    const { step } = this.sitting.progress;
    if (step > 0 && step % this.#run.settings.checkpointEvery === 0) await this.#save();
  }

  /** The last evaluation, if the run is at its end, and the last checkpoint. */
  async finish(): Promise<TrainingOutcome> {
    await this.reader.drain();
    const { progress, params } = this.sitting;
    const isLast = progress.step >= this.#run.settings.steps;
    const isEvaluated = this.#lastEvaluation !== null && progress.evaluatedStep === progress.step;
    if (isLast && !isEvaluated) await this.#evaluate();
    const checkpoint = await this.#save();
    return {
      reason: isLast && progress.evaluatedStep === progress.step ? 'finished' : 'stopped',
      step: progress.step,
      tokens: progress.tokens,
      heldOutLoss: progress.heldOutLoss,
      pruning: this.#lastEvaluation?.pruning ?? null,
      checkpoint,
      params,
    };
  }

  async #evaluate(): Promise<void> {
    await this.reader.drain();
    const { device, signal, onEvent } = this.#run;
    const { progress } = this.sitting;
    const evaluation = await evaluate(device, this.sitting, { batches: this.#batches, signal });
    if (!evaluation) return;
    if (!Number.isFinite(evaluation.loss))
      throw await this.#explainNonFinite(progress, `the held-out loss is ${evaluation.loss}`);
    this.#lastEvaluation = evaluation;
    if (progress.evaluatedStep === progress.step) return; // taken again for its pruning; it is in the log already
    progress.heldOutLoss = evaluation.loss;
    progress.evaluatedStep = progress.step;
    const metrics: EvaluationMetrics = {
      type: 'evaluation',
      step: progress.step,
      tokens: progress.tokens,
      heldOutLoss: evaluation.loss,
      heldOutTokens: evaluation.tokens,
    };
    await this.#metrics.append(metrics);
    onEvent?.({ ...metrics, pruning: evaluation.pruning });
  }

  async #save(): Promise<CheckpointLocation> {
    await this.reader.drain();
    const { step, evaluatedStep } = this.sitting.progress;
    const saved = this.#saved;
    if (saved?.location.step === step && saved.evaluatedStep === evaluatedStep)
      return saved.location;
    const { files, runFolder, settings, onEvent } = this.#run;
    if (await firstNonFinite(this.sitting.params))
      throw await this.#explainNonFinite({ step }, 'its update made a weight that is not finite');
    const state = trainerStateOf(this.sitting, this.#run, this.#metrics.bytes);
    const contents = await encodeRunState(this.sitting, state);
    const location = await writeCheckpoint(files, runFolder, {
      step,
      contents,
      keep: settings.keepCheckpoints,
    });
    this.#saved = { location, evaluatedStep };
    onEvent?.({ type: 'checkpoint', ...location });
    return location;
  }

  async #explainNonFinite({ step }: { step: number }, what: string): Promise<NonFiniteError> {
    const bad = await firstNonFinite(this.sitting.params);
    const where = bad
      ? `The first bad weight is ${bad.name}, index ${bad.index}`
      : 'All weights are finite still';
    const kept = this.#saved
      ? `the last checkpoint is ${this.#saved.location.folder}`
      : 'there is no checkpoint yet';
    return new NonFiniteError(
      `training: expected finite numbers at step ${step}, but ${what}. ${where}; ${kept}. Start a run with a lower learning rate, a longer warm-up or a stricter clip.`,
    );
  }
}

/** A log that lost lines still goes on; the user should know that its curve has a gap. */
const shortLogNotes = (metrics: MetricsLog, { metricsBytes }: Sitting): string[] =>
  metrics.bytes < metricsBytes
    ? [
        `The metrics log has ${metrics.bytes} bytes, ${metricsBytes} when the checkpoint was saved: the steps missing there stay missing.`,
      ]
    : [];

const parameterCount = ({ model }: TrainingRun): number =>
  model.parameterSpecs().reduce((sum, { shape }) => sum + shapeSize(shape), 0);
