// Replayed steps: bit-equal to recorded ones, and cheap to launch at the size of a real model.

import { createModel, foxPreset } from '@vulpes/lm-models';
import { createCountingDevice, type Device } from '@vulpes/tensor-core';
import { gpuSuite, makeCaps } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { BatchSampler, heldOutBatches, splitBatch } from './data/batches.ts';
import { createEvaluator } from './evaluate.ts';
import { readStep } from './step-values.ts';
import { tinyConfig, tinyCorpus } from './testing/tiny-run.ts';
import { createTrainStep } from './train-step.ts';
import { allocateState, disposeState } from './trained-state.ts';

const PRUNING = {
  dense: { logPruningTolerance: null },
  paper: { pruningMode: 'paper' },
  certified: { pruningMode: 'certified' },
} as const;

const settings = { weightDecay: 0.1, maxGradNorm: 1 };

interface RunOptions {
  readonly replay: boolean;
  readonly pruning?: keyof typeof PRUNING;
  readonly config?: Parameters<typeof tinyConfig>[0];
  readonly accumulate?: number;
  readonly updates?: number;
}

/** Twenty updates with an evaluation and a download of the weights between; all numbers of the run. */
async function trainTwenty(device: Device, options: RunOptions) {
  const { replay, pruning = 'paper', accumulate = 1, updates = 20 } = options;
  const corpus = await tinyCorpus();
  const model = createModel(tinyConfig(options.config ?? PRUNING[pruning]), device);
  const state = allocateState(model);
  model.init(7, state.params);
  const sampler = new BatchSampler({ source: corpus.train, length: 14, seed: 3 });
  const batches = await heldOutBatches(corpus.heldOut, { length: 14, sequences: 3, batchSize: 2 });
  const history: unknown[] = [];
  using evaluator = createEvaluator(model, state.params);
  using step = createTrainStep(model, state, { ...settings, replay });
  for (let update = 1; update <= updates; update++) {
    const microBatches = splitBatch(await sampler.next(2 * accumulate), accumulate);
    const values = await readStep(
      step.run({ microBatches, learningRate: 1e-2 / update, update }),
      model.config.numHeads,
    );
    history.push([values.loss, values.gradNorm, values.prunedShare, values.isSkipped]);
    if (update % 6 === 0) history.push((await evaluator.run(batches))?.loss);
    if (update % 9 === 0) await model.download(state.params);
  }
  const [weights, m, v] = await Promise.all(
    [state.weights, state.m, state.v].map(({ slabs }) => device.read(slabs)),
  );
  disposeState(state);
  return { history, weights, m, v };
}

gpuSuite('a replayed step', (device) => {
  test.each([
    ['dense', 1],
    ['paper', 1],
    ['certified', 2],
  ] as const)(
    '%s, %i micro batches: 20 updates are those of recorded steps, bit for bit',
    async (pruning, accumulate) => {
      const recorded = await trainTwenty(device(), { replay: false, pruning, accumulate });
      const replayed = await trainTwenty(device(), { replay: true, pruning, accumulate });
      expect(replayed.history).toEqual(recorded.history);
      expect(replayed).toEqual(recorded);
    },
  );

  test('a model of every family trains by replay as by recording', async () => {
    const families = {
      transformer: { useRope: true, fgateType: 'none', logPruningTolerance: null },
      tied: { tieWordEmbeddings: true, windowSize: 8 },
    } as const;
    for (const config of Object.values(families)) {
      const recorded = await trainTwenty(device(), { replay: false, config, updates: 4 });
      const replayed = await trainTwenty(device(), { replay: true, config, updates: 4 });
      expect(replayed).toEqual(recorded);
    }
  });

  test('a gradient that is not finite changes nothing, and the next step goes on', async () => {
    const corpus = await tinyCorpus();
    const model = createModel(tinyConfig(), device());
    const state = allocateState(model);
    model.init(7, state.params);
    using step = createTrainStep(model, state, settings);
    const good = await new BatchSampler({ source: corpus.train, length: 14, seed: 3 }).next(2);
    // A label outside the vocabulary makes loss and gradient NaN.
    const bad = { ...good, labels: good.labels.map(() => 99999) };
    const run = async (batch: typeof good, update: number, skipped: number) =>
      readStep(step.run({ microBatches: [batch], learningRate: 1e-2, update, skipped }), 2);
    await run(good, 1, 0);
    const before = await device().read(state.weights.slabs);
    const skipped = await run(bad, 2, 0);
    expect(skipped).toMatchObject({ isSkipped: true, skipped: 1, gradNorm: Number.NaN });
    expect(await device().read(state.weights.slabs)).toEqual(before);
    const next = await run(good, 3, 1);
    expect(next).toMatchObject({ isSkipped: false, skipped: 1 });
    expect(await device().read(state.weights.slabs)).not.toEqual(before);
    disposeState(state);
  });
});

describe('a step of the 125M model on a GPU', () => {
  // An NVIDIA card's limits.
  const f32 = makeCaps({
    limits: {
      maxBufferSize: 2 ** 40,
      maxStorageBufferBindingSize: 2 ** 31 - 4,
      maxStorageBuffersPerShaderStage: 16,
      maxComputeWorkgroupStorageSize: 49152,
      maxComputeInvocationsPerWorkgroup: 1024,
      maxComputeWorkgroupsPerDimension: 65535,
    },
  });
  const caps = {
    f32,
    f16: makeCaps({
      ...f32,
      features: { f16: true, subgroups: true, subgroupMatrix: true, timestampQuery: false },
      ...{ subgroupMinSize: 32, subgroupMaxSize: 32 },
      subgroupMatrixConfigs: (['f16', 'f32'] as const).map((resultComponentType) => ({
        ...{ componentType: 'f16', resultComponentType, M: 16, N: 16, K: 16 },
      })),
    }),
  };

  // As counted, with its update; with seven projections a layer and sums of their own 1,292 to 2,700.
  test.each([
    ['f32', 'dense', 1, 486],
    ['f32', 'paper', 1, 510],
    ['f32', 'certified', 1, 534],
    ['f16', 'dense', 1, 434],
    ['f16', 'paper', 1, 458],
    ['f16', 'certified', 1, 482],
    ['f16', 'paper', 5, 2274],
  ] as const)(
    '%s, %s, %i micro batches: no new bind group or buffer, one submit, one read',
    async (compute, pruning, accumulate, launches) => {
      const { device, counts } = createCountingDevice(caps[compute]);
      const model = createModel(foxPreset('pro-125m', PRUNING[pruning]), device, { compute });
      const state = allocateState(model);
      const tokens = new Int32Array(2048).fill(1);
      const batch = { inputs: tokens, labels: tokens, shape: [1, 2048] as [number, number] };
      const step = createTrainStep(model, state, settings);
      const run = async (update: number) => {
        const microBatches = Array.from({ length: accumulate }, () => batch);
        await readStep(step.run({ microBatches, learningRate: 1e-3, update }), 12);
      };
      for (let update = 1; update <= 3; update++) await run(update);
      const before = { ...counts };
      const memory = device.memory.allocatedBytes;
      for (let update = 4; update <= 8; update++) await run(update);
      const perStep = (name: keyof typeof counts) => (counts[name] - before[name]) / 5;
      expect(perStep('bindGroups')).toBe(0);
      expect(perStep('buffers')).toBe(0);
      expect(perStep('maps')).toBe(1);
      expect(perStep('submits')).toBe(1);
      expect(perStep('dispatches')).toBeLessThanOrEqual(launches);
      expect(device.memory.allocatedBytes).toBe(memory);
    },
  );
});
