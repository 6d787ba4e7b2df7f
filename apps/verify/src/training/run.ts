// The official run again, on the device under test: same start, same tokens, same learning rates.

import type { Model, Params } from '@vulpes/lm-models';
import { allocateState, copyToHalves, createTrainStep, disposeState } from '@vulpes/training';
import { STEP_CONTROL } from '@vulpes/wgsl-kernels';
import { readList, sumCounts } from '../read-all.ts';
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
  const [loss, gradNorm]: [number[], number[]] = [[], []];
  const counts: ArrayLike<number>[] = [];
  for (const [index, batch] of batches.entries()) {
    const result = step.run({
      microBatches: [batch],
      learningRate: lr[index] as number,
      update: index + 1,
    });
    const { losses, control, pruningCounts } = result;
    const [values, fields, ...blocks] = await readList([
      losses[0]!,
      control,
      ...pruningCounts.flat(),
    ]);
    counts.push(...blocks);
    loss.push(values?.[0] as number);
    gradNorm.push(fields?.[STEP_CONTROL.gradNorm] as number);
  }
  const final = await model.download(state.params);
  disposeState(state);
  return {
    /** Per step, mean nats a token before the update. */
    loss,
    /** Per step, before clipping. */
    gradNorm,
    /** Parameters after the last step. */
    final,
    /** `12 of 45`: attention blocks kept, of those with a visible pair, over all steps; null without pruning. */
    blocks: counts.length > 0 ? sumCounts(counts) : null,
  };
}
