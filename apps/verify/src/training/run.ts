// The official run again, on the device under test: same start, same tokens, same learning rates.

import type { Model, Params } from '@vulpes/lm-models';
import {
  allocateState,
  copyToHalves,
  createTrainStep,
  disposeState,
  readStep,
  type StepValues,
} from '@vulpes/training';
import type { Trajectory } from './case.ts';

/** AdamW's betas and ε are those of @vulpes/training. */
const RECIPE = { weightDecay: 0.1, maxGradNorm: 1 };

export type TrainingResults = Awaited<ReturnType<typeof trainOnDevice>>;

/** @param params - the first weights; they stay as they are. */
export async function trainOnDevice(model: Model, params: Params, { batches, lr }: Trajectory) {
  const { device } = model;
  const state = allocateState(model);
  for (const [name, tensor] of Object.entries(state.params)) device.copy(params[name]!, tensor);
  copyToHalves(state);
  using step = createTrainStep(model, state, RECIPE);
  const steps: StepValues[] = [];
  for (const [index, batch] of batches.entries()) {
    const [learningRate, update] = [lr[index] as number, index + 1];
    const result = step.run({ microBatches: [batch], learningRate, update });
    steps.push(await readStep(result, model.config.numHeads));
  }
  const final = await model.download(state.params);
  disposeState(state);
  return {
    /** Per step, mean nats a token before the update. */
    loss: steps.map(({ loss }) => loss),
    /** Per step, before clipping. */
    gradNorm: steps.map(({ gradNorm }) => gradNorm),
    /** Parameters after the last step. */
    final,
    /** Of the last step's attention blocks; null without pruning. */
    prunedShare: steps.at(-1)?.prunedShare ?? null,
  };
}
