// A run from its first or last step to its end: train, evaluate, save, log; stops between steps when asked to.

import { RunKeeper } from './run-keeper.ts';
import { learningRateAt } from './schedule.ts';
import { scheduleOf, tokensPerStep, validateSettings } from './settings.ts';
import { disposeSitting } from './sitting.ts';
import { createTrainStep } from './train-step.ts';
import type { TrainingOutcome, TrainingRun } from './training-run.ts';

/**
 * Trains until the last step, or until `signal` is aborted; the state is saved in both cases.
 * Resumed on the same adapter it gives the same numbers, bit for bit, as a run that was never stopped.
 * @throws NonFiniteError CheckpointError ArgumentError, and the device's errors
 */
export async function runTraining(run: TrainingRun): Promise<TrainingOutcome> {
  validateSettings(run.settings);
  const keeper = await RunKeeper.open(run);
  let isDone = false;
  try {
    await trainToEnd(run, keeper);
    const outcome = await keeper.finish();
    isDone = true;
    return outcome;
  } finally {
    disposeSitting(keeper.sitting, { keepParams: isDone });
  }
}

/** Until the last step, or until the signal. */
async function trainToEnd(run: TrainingRun, keeper: RunKeeper): Promise<void> {
  const { device, settings, signal } = run;
  const { sitting, reader } = keeper;
  const { sampler, progress } = sitting;
  const trainStep = createTrainStep(device, sitting, settings);
  const schedule = scheduleOf(settings);
  const stepTokens = tokensPerStep(settings);

  while (progress.step < settings.steps && !signal?.aborted) {
    await keeper.evaluateIfDue();
    await keeper.saveIfDue();
    if (signal?.aborted) return;

    const microBatches = Array.from({ length: settings.accumulate }, () =>
      sampler.next(settings.batchSize),
    );
    const learningRate = learningRateAt(schedule, progress.tokens);
    const result = trainStep({ microBatches, learningRate, update: progress.step + 1 });
    progress.step += 1;
    progress.tokens += stepTokens;
    const { step, tokens } = progress;
    await reader.push(result, { step, tokens, stepTokens, learningRate });
  }
}
