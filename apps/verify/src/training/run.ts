// The official run again, on the device under test: same start, same tokens, same learning rates.

import type { HostWeights, Model, Params } from '@vulpes/lm-models';
import { leaves } from '@vulpes/tensor-core';
import { createAdamWState, createTrainStep, PruningTally } from '@vulpes/training';
import { readAll, readList } from '../read-all.ts';
import type { Trajectory } from './case.ts';

/** AdamW's betas and ε are those of @vulpes/training. */
const RECIPE = { weightDecay: 0.1, maxGradNorm: 1 };

export interface TrainingResults {
  /** Per step, mean nats a token before the update. */
  readonly loss: readonly number[];
  /** Per step, before clipping. */
  readonly gradNorm: readonly number[];
  /** After the last step. */
  readonly final: HostWeights;
  /** Attention blocks kept, of those with a visible pair, over all steps; null without pruning. */
  readonly blocks: { readonly kept: number; readonly visible: number } | null;
}

/** @param params - trained in place. */
export async function trainOnDevice(
  model: Model,
  params: Params,
  trajectory: Trajectory,
): Promise<TrainingResults> {
  const { device } = model;
  const optimizer = createAdamWState(device, model.parameterSpecs());
  const step = createTrainStep(device, { model, params, optimizer }, RECIPE);
  const tally = new PruningTally();
  const [loss, gradNorm]: [number[], number[]] = [[], []];
  for (const [index, batch] of trajectory.batches.entries()) {
    const result = step({
      microBatches: [batch],
      learningRate: trajectory.lr[index] as number,
      update: index + 1,
    });
    const counts = await readList(result.pruningCounts[0] ?? []);
    const scalars = await readAll({ loss: result.losses[0]!, gradNorm: result.gradNorm });
    loss.push(scalars.loss[0] as number);
    gradNorm.push(scalars.gradNorm[0] as number);
    tally.add(counts as Uint32Array[], model.config.numHeads);
  }
  for (const tensor of leaves(optimizer)) tensor.dispose();
  const summary = tally.summary();
  const blocks = summary && { kept: summary.keptBlocks, visible: summary.causalBlocks };
  return { loss, gradNorm, final: await model.download(params), blocks };
}
