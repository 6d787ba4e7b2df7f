// A training step of FoX (LLaMA) without pruning beside a baseline: the same weights and tokens for all.

import { createModel, type FoxConfig, foxPreset, type Model } from '@vulpes/lm-models';
import { ADAMW, disposeState, readStep, type TrainStepResult } from '@vulpes/training';
import { type BenchCase, caseId, dim } from '../case.ts';
import {
  createState,
  createUpdates,
  firstWeights,
  randomTokens,
} from '../suites/training/state.ts';
import type { ComparedCase, Training } from './workload.ts';

const UPDATES = 3;
/**
 * Nats. A part of AdamW that is left out costs at least 5e-3 (llama-nano), a library that does them all is off by rounding: 9.5e-7 there,
 * 3.7e-5 of the 125M model's losses. That was measured with epsilon out of sight; see `chooseOptimizer`.
 */
const BOUND = 1e-4;

/**
 * Settings under which three updates show each part. AdamW's step is the same for a gradient of any size, so a clip shows only beside epsilon:
 * here a clipped gradient is ten times epsilon at its root mean square. One that is rounding alone is then far below epsilon and moves its weight
 * by next to nothing, not by the learning rate whichever way its sign points. A decay of 1 % an update shows beside such steps.
 */
const chooseOptimizer = (model: Model): Training['optimizer'] => ({
  learningRate: 1e-3,
  weightDecay: 10,
  maxGradNorm: 10 * ADAMW.epsilon * Math.sqrt(countParameters(model)),
  ...ADAMW,
});

const countParameters = (model: Model): number =>
  model
    .parameterSpecs()
    .reduce((sum, { shape }) => sum + shape.reduce((size, length) => size * length, 1), 0);

function createTraining(model: Model): Training {
  const { vocabSize, hiddenSize, numHiddenLayers, numHeads, normEps } = model.config;
  const weights = firstWeights(model);
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

/** Losses of the first updates that `record` records. */
async function readLosses(
  { numHeads }: FoxConfig,
  record: () => TrainStepResult,
): Promise<Float32Array> {
  const losses = new Float32Array(UPDATES);
  for (let i = 0; i < UPDATES; i++) losses[i] = (await readStep(record(), numHeads)).loss;
  return losses;
}

/** The LLaMA sibling of the case's preset, at its batch and length: token shift and per-head norms would measure a library's slicing. */
export function compareTraining({ preset = '', dims }: BenchCase): ComparedCase {
  const [batch, length] = [dim(dims, 'B'), dim(dims, 'T')];
  const sibling = preset.replace(/^pro-/, 'llama-');
  return {
    caseId: caseId({
      op: 'train-step',
      mode: 'step',
      preset: sibling,
      dims: { B: batch, T: length },
    }),
    variant: 'dense',
    description: `FoX (LLaMA) of the sizes of ${preset}, f32: forward, backward, clip, AdamW; losses of the first ${UPDATES} updates compared with ours`,
    async prepare(device) {
      const model = createModel(foxPreset(sibling, { logPruningTolerance: null }), device);
      const state = createState(model);
      const tokens = randomTokens(batch, length, model.config.vocabSize);
      const training = createTraining(model);
      const { inputs, labels, shape } = tokens;
      const { learningRate, ...settings } = training.optimizer;
      const updates = createUpdates(model, state, tokens, settings);
      const run = () => updates.record(learningRate);
      const losses = {
        values: await readLosses(model.config, run),
        bound: BOUND,
        measure: 'largest difference',
      } as const;
      return {
        workload: {
          kind: 'train',
          inputs: {
            inputIds: { shape, data: inputs as Int32Array },
            labels: { shape, data: labels as Int32Array },
          },
          training,
        },
        expected: { losses },
        run,
        dispose() {
          updates.step.dispose();
          disposeState(state);
        },
      };
    },
  };
}
