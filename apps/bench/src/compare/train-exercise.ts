// A training step of FoX (LLaMA) without pruning: forward, backward, clip by global norm, AdamW; the same weights and tokens for all.

import { caseId } from '@vulpes/bench';
import { createModel, foxPreset, type Model, type Params } from '@vulpes/lm-models';
import type { Device, Tensor } from '@vulpes/tensor-core';
import {
  ADAMW,
  type AdamWState,
  createAdamWState,
  createTrainStep,
  type TokenBatch,
} from '@vulpes/training';
import type { Exercise, OurWork } from './exercise.ts';
import type { TrainJob } from './protocol.ts';
import { tokens } from './random.ts';

const UPDATES = 3;
const OPTIMIZER = { learningRate: 1e-3, weightDecay: 0.1, maxGradNorm: 1, ...ADAMW } as const;

interface Sizes {
  readonly preset: string;
  readonly batch: number;
  readonly length: number;
}

async function jobOf(model: Model, params: Params, batch: TokenBatch): Promise<TrainJob> {
  const { vocabSize, hiddenSize, numHiddenLayers, numHeads, normEps } = model.config;
  const weights = await model.download(params);
  return {
    kind: 'train',
    config: { vocabSize, hiddenSize, numHiddenLayers, numHeads, normEps },
    parameters: model.parameterSpecs().map(({ name, shape, weightDecay }) => {
      const data = weights[name]?.data as Float32Array;
      return { name, shape: [...shape], data, isDecayed: weightDecay };
    }),
    inputIds: batch.inputs as Int32Array,
    labels: batch.labels as Int32Array,
    batch: batch.shape[0],
    length: batch.shape[1],
    optimizer: OPTIMIZER,
    checkedUpdates: UPDATES,
  };
}

function ourWork(
  device: Device,
  state: { model: Model; params: Params; optimizer: AdamWState },
  batch: TokenBatch,
): OurWork {
  const step = createTrainStep(device, state, OPTIMIZER);
  let update = 0;
  const record = () =>
    step({ microBatches: [batch], learningRate: OPTIMIZER.learningRate, update: ++update });
  return {
    record,
    async outputs() {
      const losses = new Float32Array(UPDATES);
      for (let i = 0; i < UPDATES; i++) {
        const result = device.scope(record);
        losses[i] = (await (result.losses[0] as Tensor).data())[0] as number;
        for (const tensor of [...result.losses, result.gradNorm, ...result.pruningCounts.flat()])
          tensor.dispose();
      }
      return { losses };
    },
    dispose() {
      const { params, optimizer } = state;
      for (const tensors of [params, optimizer.m, optimizer.v])
        for (const tensor of Object.values(tensors)) tensor.dispose();
    },
  };
}

export function trainExercise({ preset, batch, length }: Sizes): Exercise {
  return {
    suite: 'training',
    caseId: caseId({ op: 'train-step', mode: 'step', preset, dims: { B: batch, T: length } }),
    variant: 'dense',
    what: `FoX (LLaMA), f32: forward, backward, clip, AdamW; losses of the first ${UPDATES} updates compared`,
    bound: 1e-3,
    async prepare(device) {
      const config = foxPreset(preset, { logPruningTolerance: null });
      const model = createModel(config, device);
      const params = model.init(0);
      const ids = tokens(7, batch * (length + 1), config.vocabSize);
      const row = (at: number, shift: number) =>
        ids.subarray(at * (length + 1) + shift, at * (length + 1) + shift + length);
      const rows = (shift: number) =>
        Int32Array.from(Array.from({ length: batch }, (_, at) => [...row(at, shift)]).flat());
      const data: TokenBatch = { inputs: rows(0), labels: rows(1), shape: [batch, length] };
      const job = await jobOf(model, params, data);
      const optimizer = createAdamWState(device, model.parameterSpecs());
      return { job, ours: ourWork(device, { model, params, optimizer }, data) };
    },
  };
}
