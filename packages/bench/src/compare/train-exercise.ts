// A training step of FoX (LLaMA) without pruning: forward, backward, clip by global norm, AdamW; the same weights and tokens for all.

import { createModel, foxPreset, type Model, type Params } from '@vulpes/lm-models';
import type { Tensor } from '@vulpes/tensor-core';
import { ADAMW, createTrainStep, type TokenBatch } from '@vulpes/training';
import { caseId } from '../case.ts';
import type { CaseReport } from '../report/report.ts';
import { createState, disposeState, randomTokens } from '../suites/training/state.ts';
import type { Exercise, OurWork } from './exercise.ts';
import type { TrainJob } from './job.ts';

const UPDATES = 3;
/**
 * Nats. A part of AdamW that is left out costs at least 5e-3 (llama-nano), a library that does them all is off by rounding: 9.5e-7 there,
 * 3.7e-5 of the 125M model's losses. That was measured with epsilon out of sight; see `optimizerOf`.
 */
const BOUND = 1e-4;

/**
 * Settings under which three updates show each part. AdamW's step is the same for a gradient of any size, so a clip shows only beside epsilon:
 * here a clipped gradient is ten times epsilon at its root mean square. One that is rounding alone is then far below epsilon and moves its weight
 * by next to nothing, not by the learning rate whichever way its sign points. A decay of 1 % an update shows beside such steps.
 */
const optimizerOf = (model: Model): TrainJob['optimizer'] => ({
  learningRate: 1e-3,
  weightDecay: 10,
  maxGradNorm: 10 * ADAMW.epsilon * Math.sqrt(sizeOf(model)),
  ...ADAMW,
});

/** Its parameters, counted. */
const sizeOf = (model: Model): number =>
  model
    .parameterSpecs()
    .reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);

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
    optimizer: optimizerOf(model),
    checkedUpdates: UPDATES,
  };
}

function ourWork(model: Model, state: ReturnType<typeof createState>, batch: TokenBatch): OurWork {
  const { device } = model;
  const { learningRate, ...settings } = optimizerOf(model);
  const step = createTrainStep(device, { model, ...state }, settings);
  let update = 0;
  const record = () => step({ microBatches: [batch], learningRate, update: ++update });
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
    dispose: () => disposeState(state),
  };
}

/** The LLaMA sibling of the case's preset, at its batch and length: token shift and per-head norms would measure a peer's slicing. */
export function trainExercise({
  preset,
  dims: { B: batch = 1, T: length = 1 },
}: CaseReport): Exercise {
  const sibling = String(preset).replace(/^pro-/, 'llama-');
  return {
    suite: 'training',
    caseId: caseId({
      op: 'train-step',
      mode: 'step',
      preset: sibling,
      dims: { B: batch, T: length },
    }),
    variant: 'dense',
    what: `FoX (LLaMA) of the sizes of ${preset}, f32: forward, backward, clip, AdamW; losses of the first ${UPDATES} updates compared`,
    bound: BOUND,
    async prepare(device) {
      const config = foxPreset(sibling, { logPruningTolerance: null });
      const model = createModel(config, device);
      const state = createState(model);
      const data = randomTokens(batch, length, config.vocabSize);
      const job = await jobOf(model, state.params, data);
      return { job, ours: ourWork(model, state, data) };
    },
  };
}
