// One step: accumulating equals a larger batch, clipping bounds the update, decay spares norms, gates that are fixed stay.

import { createModel } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { BatchSampler, type TokenBatch } from './data/batches.ts';
import { readStep } from './step-values.ts';
import { tinyConfig, tinyCorpus } from './testing/tiny-run.ts';
import { createTrainStep, type TrainStepOptions } from './train-step.ts';
import { allocateState, disposeState } from './trained-state.ts';

const options: TrainStepOptions = { weightDecay: 0.1, maxGradNorm: 1 };

async function weightsAfter(
  device: Device,
  microBatches: readonly TokenBatch[],
  changes: Partial<TrainStepOptions> & { config?: Parameters<typeof tinyConfig>[0] } = {},
) {
  const { config, ...rest } = changes;
  const model = createModel(tinyConfig(config), device);
  const state = allocateState(model);
  model.init(1, state.params);
  const start = await model.download(state.params);
  using step = createTrainStep(model, state, { ...options, ...rest });
  const result = step.run({ microBatches, learningRate: 1e-2, update: 1 });
  const { loss, gradNorm } = await readStep(result, model.config.numHeads);
  const end = await model.download(state.params);
  disposeState(state);
  return { start, end, loss, gradNorm, model };
}

const rows = async (sequences: number) =>
  new BatchSampler({ source: (await tinyCorpus()).train, length: 10, seed: 5 }).next(sequences);

function part(
  { inputs, labels, shape: [, length] }: TokenBatch,
  from: number,
  to: number,
): TokenBatch {
  return {
    inputs: inputs.slice(from * length, to * length),
    labels: labels.slice(from * length, to * length),
    shape: [to - from, length],
  };
}

gpuSuite('createTrainStep', (device) => {
  test('micro batches add up to the large batch', async () => {
    const batch = await rows(3);
    const whole = await weightsAfter(device(), [batch]);
    const parts = await weightsAfter(device(), [
      part(batch, 0, 1),
      part(batch, 1, 2),
      part(batch, 2, 3),
    ]);
    expect(parts.loss / whole.loss).toBeCloseTo(1, 6);
    expect(parts.gradNorm / whole.gradNorm).toBeCloseTo(1, 5);
  });

  test('decay touches matrices only: without gradient nothing else would move', async () => {
    const batch = await rows(2);
    const decayed = await weightsAfter(device(), [batch], { weightDecay: 1 });
    const plain = await weightsAfter(device(), [batch], { weightDecay: 0 });
    for (const { name, weightDecay } of decayed.model.parameterSpecs()) {
      const [a, b, start] = [
        decayed.end[name]?.data,
        plain.end[name]?.data,
        plain.start[name]?.data,
      ];
      const differs = a?.some((value, i) => value !== b?.[i]);
      const isZero = start?.every((value) => value === 0);
      expect(differs, name).toBe(weightDecay && !isZero);
    }
  });

  test('the clip does not change the norm that is reported', async () => {
    const batch = await rows(2);
    const clipped = await weightsAfter(device(), [batch], { maxGradNorm: 1e-3 });
    const free = await weightsAfter(device(), [batch], { maxGradNorm: null });
    expect(clipped.gradNorm).toBe(free.gradNorm);
    expect(clipped.loss).toBe(free.loss);
  });

  test('a gate that is fixed is saved, never trained', async () => {
    const config = {
      fgateType: 'fixed',
      fgateBiasInit: true,
      decayTimeMin: 2,
      decayTimeMax: 64,
    } as const;
    const { start, end, model } = await weightsAfter(device(), [await rows(2)], { config });
    const fixed = model.parameterSpecs().filter(({ trainable }) => !trainable);
    expect(fixed.length).toBeGreaterThan(0);
    for (const { name } of fixed) expect(end[name]?.data).toEqual(start[name]?.data);
  });
});
