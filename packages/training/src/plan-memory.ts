// What memory a run takes: its first step and evaluation are recorded on a device without a GPU, and their bytes read off.

import { createModel, type FoxConfig } from '@vulpes/lm-models';
import { createCountingDevice, type DeviceCaps, type Tensor } from '@vulpes/tensor-core';
import { createEvaluator } from './evaluate.ts';
import type { TrainSettings } from './settings.ts';
import { readStep } from './step-values.ts';
import { createTrainStep } from './train-step.ts';
import { allocateState } from './trained-state.ts';

export interface RunMemory {
  readonly weightBytes: number;
  readonly gradientBytes: number;
  /** AdamW's two moments. */
  readonly optimizerBytes: number;
  /** What forward and backward of one micro batch hold and compute with, and what the update does. */
  readonly stepBytes: number;
  /** The same of an evaluation. */
  readonly evaluationBytes: number;
  /** All buffers on the GPU. */
  readonly totalBytes: number;
  /** The largest range that a kernel binds, to compare with the adapter's maxStorageBufferBindingSize. */
  readonly largestBinding: { readonly label: string; readonly byteLength: number };
  /** Kernel launches of an update. */
  readonly dispatches: number;
}

/** @param caps - of the device that is to train: its kernels and limits decide. @throws DeviceLimitError where the model does not fit its limits */
export async function planMemory(
  config: FoxConfig,
  settings: TrainSettings,
  caps: DeviceCaps,
): Promise<RunMemory> {
  const { device } = createCountingDevice(caps);
  const model = createModel(config, device);
  const state = allocateState(model);
  const step = createTrainStep(model, state, settings);
  const { batchSize, contextLength, accumulate } = settings;
  const tokens = new Int32Array(batchSize * contextLength);
  const shape: [number, number] = [batchSize, contextLength];
  const batch = { inputs: tokens, labels: tokens, shape };
  const microBatches = new Array(accumulate).fill(batch);
  await readStep(step.run({ microBatches, learningRate: 0, update: 1 }), config.numHeads);
  const trained = device.memory.inUseBytes;
  const evaluator = createEvaluator(model, state.params);
  await evaluator.run([batch]);
  const bytesOf = (slabs: readonly Tensor[]) =>
    slabs.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const weightBytes = bytesOf(state.weights.slabs);
  return {
    weightBytes,
    gradientBytes: step.gradientBytes,
    optimizerBytes: bytesOf([...state.m.slabs, ...state.v.slabs]),
    stepBytes: step.byteLength - step.gradientBytes,
    evaluationBytes: device.memory.inUseBytes - trained,
    totalBytes: device.memory.allocatedBytes,
    largestBinding: step.largestBinding,
    dispatches: step.dispatches,
  };
}
