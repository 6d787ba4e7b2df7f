// A training run from start to end: evaluate, save, step, log. Its state is in run-state.ts.

import { shapeSize } from '@vulpes/tensor-core';
import { MAX_LOSS_SCALE } from '@vulpes/wgsl-kernels';
import type { CheckpointLocation } from './checkpoint/checkpoint-folder.ts';
import { heldOutBatches, splitBatch, type TokenBatch } from './data/batches.ts';
import { createEvaluator, type Evaluation, type Evaluator } from './evaluate.ts';
import type { MetricsLog, StepMetrics } from './metrics-log.ts';
import { withSettings } from './model.ts';
import { explainNonFinite } from './non-finite.ts';
import { openState, type RunState, rewindFiles, saveState } from './run-state.ts';
import { learningRateAt } from './schedule.ts';
import { tokensPerStep, validateSettings } from './settings.ts';
import { readStep, type StepValues } from './step-values.ts';
import { createTrainStep, type TrainStep } from './train-step.ts';
import { disposeState } from './trained-state.ts';
import type { TrainingOutcome, TrainingRun } from './training-run.ts';

/**
 * Trains until the last step, or until `signal` is aborted; the state is saved in both cases.
 * Resumed on the same adapter it gives the same numbers, bit for bit, as a run that was never stopped.
 * @throws NonFiniteError CheckpointError ArgumentError, and the device's errors
 */
export async function runTraining(run: TrainingRun): Promise<TrainingOutcome> {
  validateSettings(run.settings);
  const state = await openState({ ...run, model: withSettings(run.model, run.settings) });
  let isDone = false;
  try {
    await run.onOpened?.();
    const metrics = await rewindFiles(run, state);
    run.onEvent?.(describeStart(run, state));
    using loop = new TrainingLoop(run, state, metrics);
    const outcome = await loop.train();
    isDone = true;
    return outcome;
  } finally {
    disposeState(state, { keepParams: isDone });
  }
}

/** A step that is computed, and whose values are on their way to the host. */
interface PendingStep {
  readonly step: number;
  readonly tokens: number;
  readonly learningRate: number;
  readonly startedAt: number;
  readonly values: Promise<StepValues>;
}

/** In mixed precision: halvings from the largest loss scale down to 1, and a few more. */
const MAX_SKIPPED_IN_A_ROW = Math.log2(MAX_LOSS_SCALE) + 4;

class TrainingLoop implements Disposable {
  readonly #run: TrainingRun;
  readonly #state: RunState;
  readonly #metrics: MetricsLog;
  /** Read at the first evaluation. */
  #heldOut: readonly TokenBatch[] | null = null;
  readonly #trainStep: TrainStep;
  readonly #evaluator: Evaluator;
  #pending: PendingStep | null = null;
  #lastReadAt = 0;
  #skippedInARow = 0;
  #lastEvaluation: Evaluation | null = null;

  constructor(run: TrainingRun, state: RunState, metrics: MetricsLog) {
    this.#run = run;
    this.#state = state;
    this.#metrics = metrics;
    this.#trainStep = createTrainStep(state.model, state, run.settings);
    this.#evaluator = createEvaluator(state.model, state.computeParams);
  }

  async train(): Promise<TrainingOutcome> {
    const { settings, signal } = this.#run;
    const state = this.#state;
    const sequences = settings.batchSize * settings.accumulate;
    while (state.step < settings.steps && !signal?.aborted) {
      if (state.step % settings.evalEvery === 0 && state.evaluatedStep !== state.step)
        await this.#evaluate();
      if (state.step % settings.checkpointEvery === 0 && state.step > 0) await this.#save();
      if (signal?.aborted) break;

      const microBatches = splitBatch(await state.sampler.next(sequences), settings.accumulate);
      const learningRate = learningRateAt(state.schedule, state.tokens);
      const [update, skipped] = [state.step + 1, state.skipped];
      const result = this.#trainStep.run({ microBatches, learningRate, update, skipped });
      if (state.step + 1 < settings.steps) state.sampler.prefetch(sequences);
      state.step += 1;
      state.tokens += tokensPerStep(settings);
      await this.#logStep({
        ...{ step: state.step, tokens: state.tokens, learningRate },
        ...{ startedAt: performance.now(), values: readStep(result, state.model.config.numHeads) },
      });
    }
    return this.#finish();
  }

  [Symbol.dispose](): void {
    this.#trainStep.dispose();
    this.#evaluator.dispose();
  }

  /** Logs the step before `next`, while the GPU computes `next`. @throws NonFiniteError of the step before */
  async #logStep(next: PendingStep | null): Promise<void> {
    const pending = this.#pending;
    this.#pending = next;
    next?.values.catch(() => {}); // whoever awaits it gets the error
    if (!pending) return;
    const { step, tokens, learningRate, startedAt } = pending;
    const values = await pending.values;
    const { loss, gradNorm, isSkipped, lossScale, skipped, prunedShare, readAt } = values;
    this.#state.skipped = skipped;
    await this.#assertFinite(step, values);
    const ms = readAt - Math.max(startedAt, this.#lastReadAt);
    this.#lastReadAt = readAt;
    const metrics: StepMetrics = {
      ...{ type: 'step', step, tokens, loss, learningRate },
      gradNorm: isSkipped ? null : gradNorm,
      ...(this.#state.model.compute === 'f16' && { lossScale }),
      stepMs: Number(ms.toFixed(1)),
      tokensPerSecond: Number(((1000 * tokensPerStep(this.#run.settings)) / ms).toFixed(1)),
      prunedShare,
    };
    await this.#metrics.append(metrics);
    this.#run.onEvent?.(metrics);
  }

  /** A gradient that overflows f16 is no error: its update was skipped, and the next has a smaller scale. */
  async #assertFinite(step: number, { loss, gradNorm, isSkipped }: StepValues): Promise<void> {
    if (!Number.isFinite(loss))
      throw await explainNonFinite(this.#state, step, `the loss is ${loss}`);
    this.#skippedInARow = isSkipped ? this.#skippedInARow + 1 : 0;
    const allowed = this.#state.model.compute === 'f16' ? MAX_SKIPPED_IN_A_ROW : 0;
    if (this.#skippedInARow <= allowed) return;
    const times = this.#skippedInARow > 1 ? `, for the ${this.#skippedInARow}th time in a row` : '';
    throw await explainNonFinite(this.#state, step, `the gradient norm is ${gradNorm}${times}`);
  }

  /** Held-out loss of this step, logged once. An abort leaves it for later. */
  async #evaluate(): Promise<void> {
    await this.#logStep(null);
    const { signal, onEvent } = this.#run;
    const state = this.#state;
    const { step, tokens } = state;
    this.#heldOut ??= await this.#readHeldOut();
    const evaluation = await this.#evaluator.run(this.#heldOut, signal);
    if (!evaluation) return;
    const { loss, tokens: heldOutTokens, pruning } = evaluation;
    if (!Number.isFinite(loss))
      throw await explainNonFinite(state, step, `the held-out loss is ${loss}`);
    this.#lastEvaluation = evaluation;
    if (state.evaluatedStep === step) return; // taken again for its pruning; it is in the log
    state.heldOutLoss = loss;
    state.evaluatedStep = step;
    const metrics = { type: 'evaluation', step, tokens, heldOutLoss: loss, heldOutTokens } as const;
    await this.#metrics.append(metrics);
    onEvent?.({ ...metrics, pruning });
  }

  #readHeldOut(): Promise<TokenBatch[]> {
    const { settings, corpus } = this.#run;
    const { contextLength: length, evalSequences: sequences, batchSize, packDocuments } = settings;
    return heldOutBatches(corpus.heldOut, { length, sequences, batchSize, packDocuments });
  }

  async #save(): Promise<CheckpointLocation> {
    await this.#logStep(null);
    const before = this.#state.saved;
    const location = await saveState(this.#run, this.#state, this.#metrics.bytes);
    if (this.#state.saved !== before) this.#run.onEvent?.({ type: 'checkpoint', ...location });
    return location;
  }

  /** The last evaluation, if the run is at its end, and the last checkpoint. */
  async #finish(): Promise<TrainingOutcome> {
    await this.#logStep(null);
    const state = this.#state;
    const isLast = state.step >= this.#run.settings.steps;
    const isEvaluated = () => state.evaluatedStep === state.step;
    // A finished run that is resumed evaluates again: the outcome has its pruning.
    if (isLast && !(isEvaluated() && this.#lastEvaluation)) await this.#evaluate();
    const checkpoint = await this.#save();
    const { step, tokens, heldOutLoss, params } = state;
    const reason = isLast && isEvaluated() ? 'finished' : 'stopped';
    const pruning = this.#lastEvaluation?.pruning ?? null;
    return { reason, step, tokens, heldOutLoss, pruning, checkpoint, params };
  }
}

function describeStart({ settings, corpus, model, resumeFrom }: TrainingRun, state: RunState) {
  const sizes = model.parameterSpecs().map(({ shape }) => shapeSize(shape));
  return {
    type: 'start',
    step: state.step,
    steps: settings.steps,
    tokensPerStep: tokensPerStep(settings),
    parameterCount: sizes.reduce((sum, size) => sum + size, 0),
    trainTokens: corpus.train.length,
    heldOutTokens: corpus.heldOut.length,
    resumedFrom: resumeFrom?.folder ?? null,
    notes: [...state.notes],
  } as const;
}
