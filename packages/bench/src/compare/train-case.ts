// A training step of FoX (LLaMA) without pruning beside a baseline: the same weights and tokens for all.

import { createModel, foxPreset, type HostWeights, type Model } from '@vulpes/lm-models';
import type { Device, Tensor } from '@vulpes/tensor-core';
import { ADAMW, disposeState, readStep } from '@vulpes/training';
import type { BenchCase, Workload } from '../case.ts';
import { countParameters } from '../suites/model-costs.ts';
import { createState, createUpdates, randomTokens } from '../suites/training/state.ts';
import type { Training } from './workload.ts';

export const UPDATES = 3;
/**
 * RMS error ratio. A part of AdamW that is left out costs at least 5e-4 (llama-nano), a library that does them all is off by rounding: 2e-7
 * there, 4e-6 of the 125M model's losses. That was measured with epsilon out of sight; see `chooseOptimizer`.
 */
export const LOSS_BOUND = 1e-5;

/**
 * Settings under which three updates show each part. AdamW's step is the same for a gradient of any size, so a clip shows only beside epsilon:
 * here a clipped gradient is ten times epsilon at its root mean square. One that is rounding alone is then far below epsilon and moves its weight
 * by next to nothing, not by the learning rate whichever way its sign points. A decay of 1 % an update shows beside such steps.
 */
const chooseOptimizer = (model: Model): Training['optimizer'] => ({
  learningRate: 1e-3,
  weightDecay: 10,
  maxGradNorm: 10 * ADAMW.epsilon * Math.sqrt(countParameters(model.parameterSpecs())),
  ...ADAMW,
});

function createTraining(model: Model, weights: HostWeights): Training {
  const { vocabSize, hiddenSize, numHiddenLayers, numHeads, normEps } = model.config;
  return {
    config: { vocabSize, hiddenSize, numHiddenLayers, numHeads, normEps },
    parameters: model.parameterSpecs().map(({ name, shape, weightDecay }) => {
      const data = weights[name]?.data as Float32Array;
      return { name, shape: [...shape], data, isDecayed: weightDecay };
    }),
    optimizer: chooseOptimizer(model),
    checkedUpdates: UPDATES,
  };
}

/** The LLaMA sibling of the case's preset, at its batch and length: token shift and per-head norms would measure a library's slicing. */
export function llamaCase({ preset = '', dims: { B = 1, T = 1 }, ...of }: BenchCase): BenchCase {
  const sibling = preset.replace(/^pro-/, 'llama-');
  const build = (device: Device): Promise<Workload> =>
    workload(createModel(foxPreset(sibling, { logPruningTolerance: null }), device), B, T);
  return { ...of, preset: sibling, dims: { B, T }, variants: [{ name: 'dense', build }] };
}

async function workload(model: Model, batch: number, length: number): Promise<Workload> {
  const { numHeads, vocabSize } = model.config;
  const state = createState(model);
  const tokens = randomTokens(batch, length, vocabSize);
  const training = createTraining(model, await model.download(state.params));
  const { learningRate, ...settings } = training.optimizer;
  const updates = createUpdates(model, state, tokens, settings);
  const { shape, inputs, labels } = tokens;
  return {
    run() {
      const { losses, control, pruningCounts } = updates.record(learningRate);
      return {
        loss: losses[0] as Tensor,
        control,
        ...Object.fromEntries(pruningCounts.flat().entries()),
      };
    },
    async expected() {
      const losses = new Float32Array(UPDATES);
      for (let i = 0; i < UPDATES; i++)
        losses[i] = (await readStep(updates.record(learningRate), numHeads)).loss;
      return { losses: { values: losses, bound: LOSS_BOUND } };
    },
    baseline: {
      kind: 'train',
      inputs: { inputIds: { shape, data: inputs }, labels: { shape, data: labels } },
      training,
    },
    counts: () => ({ flops: 0, bytes: 0 }),
    dispose() {
      updates.step.dispose();
      disposeState(state);
    },
  };
}
