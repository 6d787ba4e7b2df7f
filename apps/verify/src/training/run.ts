// The official run again, on the device under test: same start, same tokens, same learning rates.

import type { Model, Params } from '@vulpes/lm-models';
import { disposeAll } from '@vulpes/tensor-core';
import { createAdamWState, createTrainStep } from '@vulpes/training';
import { readAll, readList, sumCounts } from '../read-all.ts';
import type { Trajectory } from './case.ts';

/** AdamW's betas and ε are those of @vulpes/training. */
const RECIPE = { weightDecay: 0.1, maxGradNorm: 1 };

export type TrainingResults = Awaited<ReturnType<typeof trainOnDevice>>;

/** @param params - trained in place. */
export async function trainOnDevice(model: Model, params: Params, { batches, lr }: Trajectory) {
  const { device } = model;
  const optimizer = createAdamWState(device, model.parameterSpecs());
  const step = createTrainStep(device, { model, params, optimizer }, RECIPE);
  const [loss, gradNorm]: [number[], number[]] = [[], []];
  const counts: Uint32Array[] = [];
  for (const [index, batch] of batches.entries()) {
    const result = step({
      microBatches: [batch],
      learningRate: lr[index] as number,
      update: index + 1,
    });
    counts.push(...(await readList<Uint32Array>(result.pruningCounts[0] ?? [])));
    const scalars = await readAll<Record<'loss' | 'gradNorm', Float32Array>>({
      ...{ loss: result.losses[0]!, gradNorm: result.gradNorm },
    });
    loss.push(scalars.loss[0] as number);
    gradNorm.push(scalars.gradNorm[0] as number);
  }
  disposeAll(optimizer);
  return {
    /** Per step, mean nats a token before the update. */
    loss,
    /** Per step, before clipping. */
    gradNorm,
    /** Parameters after the last step. */
    final: await model.download(params),
    /** `12 of 45`: attention blocks kept, of those with a visible pair, over all steps; null without pruning. */
    blocks: counts.length > 0 ? sumCounts(counts) : null,
  };
}
