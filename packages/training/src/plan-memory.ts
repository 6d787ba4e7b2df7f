// What memory a run takes: its first step and evaluation are recorded on a device without a GPU, and their bytes read off.

import { createModel, type FoxConfig } from '@vulpes/lm-models';
import {
  createCountingDevice,
  type DeviceCaps,
  type StepBinding,
  type Tensor,
} from '@vulpes/tensor-core';
import { createEvaluator } from './evaluate.ts';
import { toComputeDType } from './precision.ts';
import type { TrainSettings } from './settings.ts';
import { readStep } from './step-values.ts';
import { createTrainStep } from './train-step.ts';
import { allocateState } from './trained-state.ts';

export interface RunMemory {
  /** With the f16 copies of mixed precision. */
  readonly weightBytes: number;
  readonly gradientBytes: number;
  /** AdamW's two moments. */
  readonly optimizerBytes: number;
  /** What forward and backward of one micro batch hold and compute with, what the update and an evaluation do. */
  readonly stepBytes: number;
  /** All buffers on the GPU. */
  readonly totalBytes: number;
  /** The largest range that a kernel of the step binds, to compare with the adapter's maxStorageBufferBindingSize. */
  readonly largestBinding: StepBinding;
  /** Kernel launches of a micro batch and an update. */
  readonly dispatches: number;
}

/** @param caps - of the device that is to train: its kernels and limits decide. @throws DeviceLimitError where the model does not fit its limits */
export async function planMemory(
  config: FoxConfig,
  settings: TrainSettings,
  caps: DeviceCaps,
): Promise<RunMemory> {
  const { device } = createCountingDevice(caps);
  const { checkpointing, precision } = settings;
  const compute = toComputeDType(precision);
  const model = createModel(config, device, { checkpointing, compute });
  const state = allocateState(model);
  const step = createTrainStep(model, state, settings);
  const { batchSize, contextLength, accumulate } = settings;
  const tokens = new Int32Array(batchSize * contextLength);
  const batch = { inputs: tokens, labels: tokens, shape: [batchSize, contextLength] as const };
  const microBatches = new Array(Math.min(accumulate, 2)).fill(batch); // more take no more
  await readStep(step.run({ microBatches, learningRate: 0, update: 1 }), config.numHeads);
  await createEvaluator(model, state.computeParams).run([batch]);
  const masterBytes = sumBytes(state.weights.slabs);
  const weightBytes = masterBytes + sumBytes(state.halves?.slabs ?? []);
  const gradientBytes = masterBytes * (accumulate > 1 ? 2 : 1);
  const optimizerBytes = sumBytes([...state.m.slabs, ...state.v.slabs]);
  const totalBytes = device.memory.allocatedBytes;
  return {
    weightBytes,
    gradientBytes,
    optimizerBytes,
    stepBytes: totalBytes - weightBytes - gradientBytes - optimizerBytes,
    totalBytes,
    largestBinding: step.largestBinding,
    dispatches: step.dispatches,
  };
}

const sumBytes = (slabs: readonly Tensor[]): number =>
  slabs.reduce((sum, { byteLength }) => sum + byteLength, 0);
