// One step: accumulating equals a larger batch, clipping bounds the update, decay spares norms, gates that are fixed stay.

import { createModel } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { BatchSampler, type TokenBatch } from './data/batches.ts';
import { createAdamWState } from './optimizer.ts';
import { disposeParams, tinyConfig, tinyCorpus } from './testing/tiny-run.ts';
import { createTrainStep, type TrainStepOptions } from './train-step.ts';

const options: TrainStepOptions = { weightDecay: 0.1, maxGradNorm: 1 };

async function weightsAfter(
  device: Device,
  microBatches: readonly TokenBatch[],
  changes: Partial<TrainStepOptions> & { config?: Parameters<typeof tinyConfig>[0] } = {},
) {
  const { config, ...rest } = changes;
  const model = createModel(tinyConfig(config), device);
  const params = model.init(1);
  const optimizer = createAdamWState(device, model.parameterSpecs());
  const start = await model.download(params);
  const step = createTrainStep(device, { model, params, optimizer }, { ...options, ...rest });
  const result = step({ microBatches, learningRate: 1e-2, update: 1 });
  const losses = await Promise.all(
    result.losses.map(async (loss) => (await loss.data())[0] as number),
  );
  const gradNorm = (await result.gradNorm.data())[0] as number;
  const end = await model.download(params);
  for (const tensor of [...result.losses, result.gradNorm, ...result.pruningCounts.flat()])
    tensor.dispose();
  for (const record of [params, optimizer.m, optimizer.v]) disposeParams(record);
  return { start, end, losses, gradNorm, model };
}

const rows = async (sequences: number) =>
  new BatchSampler({ tokens: (await tinyCorpus()).train, length: 10, seed: 5 }).next(sequences);

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
    const mean = parts.losses.reduce((sum, loss) => sum + loss, 0) / 3;
    expect(mean / (whole.losses[0] as number)).toBeCloseTo(1, 6);
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
    expect(clipped.losses).toEqual(free.losses);
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
