// One training step: loss and gradients of each micro batch, their mean, global norm, step control, AdamW. Recorded, not yet run.

import {
  type Device,
  type HostArray,
  mapRecord,
  type Tensor,
  valueAndGrad,
} from '@vulpes/tensor-core';
import {
  accumulate,
  adamwStep,
  globalNorm,
  initialStepState,
  scale,
  stepControl,
  stepNumbers,
  toDecayBlocks,
} from '@vulpes/wgsl-kernels';
import type { TokenBatch } from './data/batches.ts';
import type { Model, Params, TensorBatch } from './model.ts';
import { type AdamWState, trainable } from './optimizer.ts';
import { PruningTally } from './pruning.ts';
import { ADAMW } from './settings.ts';

export interface TrainStepOptions {
  readonly weightDecay: number;
  /** null = never clip. */
  readonly maxGradNorm: number | null;
}

export interface TrainStepInput {
  /** All of one shape; their gradients are averaged. */
  readonly microBatches: readonly TokenBatch[];
  readonly learningRate: number;
  /** 1 for the first update: AdamW's bias correction counts them. */
  readonly update: number;
}

/** Tensors owned by the caller. */
export interface TrainStepResult {
  /** f32 [1] each, one per micro batch: mean nats a token before the update. */
  readonly losses: readonly Tensor[];
  /** f32 [1], before clipping. */
  readonly gradNorm: Tensor;
  /** Per micro batch and layer, u32 [batch, heads, 2]. */
  readonly pruningCounts: readonly (readonly Tensor[])[];
}

export type TrainStep = (input: TrainStepInput) => TrainStepResult;

/**
 * Makes the function that records one update of `params` and `optimizer`, both in place.
 * It leaves nothing allocated but its result.
 */
export function createTrainStep(
  device: Device,
  { model, params, optimizer }: { model: Model; params: Params; optimizer: AdamWState },
  { weightDecay, maxGradNorm }: TrainStepOptions,
): TrainStep {
  const specs = trainable(model.parameterSpecs());
  const learned = Object.fromEntries(specs.map(({ name }) => [name, params[name] as Tensor]));
  const lossAndGrads = valueAndGrad(device, (learned: Readonly<Params>, batch: TensorBatch) =>
    model.loss({ ...params, ...learned }, batch),
  );

  function lossesAndMeanGrads(microBatches: readonly TokenBatch[]) {
    const losses: Tensor[] = [];
    const pruningCounts: Tensor[][] = [];
    let grads: Params | null = null;
    for (const batch of microBatches) {
      const part = lossAndGrads(learned, uploadBatch(device, batch));
      losses.push(part.loss);
      pruningCounts.push([...(part.aux?.pruningCounts ?? [])]);
      grads = addShare(grads, part.grads, 1 / microBatches.length);
    }
    return { losses, pruningCounts, grads: grads ?? {} };
  }

  /** The loss is not scaled and the state is new: each step is as if none was skipped before. */
  function controlOf(
    norm: Tensor,
    { learningRate, update }: Pick<TrainStepInput, 'learningRate' | 'update'>,
  ): Tensor {
    const schedule = { learningRate, weightDecay, maxGradNorm, update, skipped: 0 };
    const numbers = stepNumbers({ ...schedule, ...ADAMW });
    const state = initialStepState();
    return stepControl({
      norm,
      numbers: device.tensor(numbers, [numbers.length], { label: 'step numbers' }),
      state: device.tensor(state, [state.length], { label: 'step state' }),
    });
  }

  return ({ microBatches, learningRate, update }) =>
    device.scope(() => {
      const { losses, pruningCounts, grads } = lossesAndMeanGrads(microBatches);
      const gradNorm = globalNorm(Object.values(grads));
      const control = controlOf(gradNorm, { learningRate, update });
      for (const { name, weightDecay: isDecayed } of specs) {
        const param = params[name] as Tensor;
        adamwStep({
          param,
          grad: grads[name] as Tensor,
          m: optimizer.m[name] as Tensor,
          v: optimizer.v[name] as Tensor,
          control,
          decayBlocks: uploadDecayBlocks(param, isDecayed),
          ...ADAMW,
        });
      }
      return { losses, gradNorm, pruningCounts };
    });
}

const uploadDecayBlocks = ({ device, size }: Tensor, isDecayed: boolean): Tensor => {
  const blocks = toDecayBlocks([{ offset: 0, size, isDecayed }], size);
  return device.tensor(blocks, [blocks.length], { label: 'decay blocks' });
};

/** sum + share · grads; frees `grads`, so that one set of gradients is held whatever the number of micro batches. */
function addShare(sum: Params | null, grads: Params, share: number): Params {
  if (share === 1) return grads;
  const total = sum ?? mapRecord(grads, (grad) => scale(grad, share));
  if (sum)
    for (const [name, target] of Object.entries(sum))
      accumulate(target, grads[name] as Tensor, share);
  for (const grad of Object.values(grads)) grad.dispose();
  return total;
}

export function uploadBatch(device: Device, { inputs, labels, shape }: TokenBatch): TensorBatch {
  return {
    inputIds: device.tensor(inputs, shape, { label: 'inputIds' }),
    labels: device.tensor(labels, shape, { label: 'labels' }),
  };
}

/** What a step's tensors hold. */
export interface StepValues {
  /** Mean nats a token over the micro batches, before the update. */
  readonly loss: number;
  /** Before clipping. */
  readonly gradNorm: number;
  /** Share of the causal attention blocks that were skipped; null without pruning. */
  readonly prunedShare: number | null;
  /** performance.now() when they had arrived. */
  readonly readAt: number;
}

/** Starts to read a step's result, and frees it. */
export async function readStep(
  { losses, gradNorm, pruningCounts }: TrainStepResult,
  numHeads: number,
): Promise<StepValues> {
  const reading = Promise.all([
    readAll(losses),
    readAll([gradNorm]),
    Promise.all(pruningCounts.map(readAll)),
  ]);
  for (const tensor of [...losses, gradNorm, ...pruningCounts.flat()]) tensor.dispose(); // copies are recorded
  const [lossValues, [norm], counts] = await reading;
  const tally = new PruningTally();
  for (const layers of counts) tally.add(layers as Uint32Array[], numHeads);
  const sum = lossValues.reduce((sum, value) => sum + (value[0] as number), 0);
  return {
    loss: sum / losses.length,
    gradNorm: norm?.[0] as number,
    prunedShare: tally.summary()?.share ?? null,
    readAt: performance.now(),
  };
}

const readAll = (tensors: readonly Tensor[]): Promise<HostArray[]> =>
  Promise.all(tensors.map((tensor) => tensor.data()));
