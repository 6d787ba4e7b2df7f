// What a step's tensors hold, read back at once.

import type { Tensor } from '@vulpes/tensor-core';
import { STEP_CONTROL } from '@vulpes/wgsl-kernels';
import { PruningTally } from './pruning.ts';
import type { TrainStepResult } from './train-step.ts';

export interface StepValues {
  /** Mean nats a token over the micro batches, before the update. */
  readonly loss: number;
  /** Before clipping; not finite where the update was skipped. */
  readonly gradNorm: number;
  /** The gradient was not finite: no weight was changed. */
  readonly isSkipped: boolean;
  /** What the loss was multiplied by for backward; 1 in f32. */
  readonly lossScale: number;
  /** Updates that were skipped up to this one. */
  readonly skipped: number;
  /** Share of the causal attention blocks that were skipped; null without pruning. */
  readonly prunedShare: number | null;
  /** performance.now() when they had arrived. */
  readonly readAt: number;
}

/** Starts to read a step's result, by one read-back, and frees it. */
export async function readStep(
  { losses, control, pruningCounts }: TrainStepResult,
  numHeads: number,
): Promise<StepValues> {
  const tensors = [control, ...losses, ...pruningCounts.flat()];
  const reading = control.device.read(tensors);
  for (const tensor of tensors) tensor.dispose(); // the copies are recorded
  const [fields, ...rest] = await reading;
  const lossValues = rest.splice(0, losses.length).map((value) => value[0] as number);
  const tally = new PruningTally();
  for (const layers of pruningCounts)
    tally.add(rest.splice(0, layers.length) as Uint32Array[], numHeads);
  const field = (name: keyof typeof STEP_CONTROL) => fields?.[STEP_CONTROL[name]] as number;
  return {
    loss: lossValues.reduce((sum, value) => sum + value, 0) / losses.length,
    gradNorm: field('gradNorm'),
    isSkipped: field('skip') !== 0,
    lossScale: field('lossScale'),
    skipped: field('skipped'),
    prunedShare: tally.summary()?.share ?? null,
    readAt: performance.now(),
  };
}

/** Frees a result that nobody reads. */
export function disposeResult({ losses, control, pruningCounts }: TrainStepResult): void {
  for (const tensor of [...losses, control, ...pruningCounts.flat()] as Tensor[]) tensor.dispose();
}
