// Training with less memory: the same losses, pruning counts, weights and moments, bit for bit, replayed or recorded.

import { type Checkpointing, createModel } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { BatchSampler, splitBatch } from './data/batches.ts';
import { runTraining } from './run-training.ts';
import { readStep } from './step-values.ts';
import {
  disposeParams,
  readHistory,
  tinyConfig,
  tinyCorpus,
  tinyRun,
  tinySettings,
} from './testing/tiny-run.ts';
import { createTrainStep } from './train-step.ts';
import { allocateState, disposeState } from './trained-state.ts';

const PRUNING = {
  dense: { logPruningTolerance: null },
  paper: { pruningMode: 'paper' },
  certified: { pruningMode: 'certified' },
} as const;

interface Options {
  readonly pruning: keyof typeof PRUNING;
  readonly checkpointing: Checkpointing;
  readonly accumulate: number;
}

/** Three updates, the third replayed; all their numbers. */
async function trainThree(device: Device, { pruning, checkpointing, accumulate }: Options) {
  const corpus = await tinyCorpus();
  const config = tinyConfig({ ...PRUNING[pruning], numHiddenLayers: 2 });
  const model = createModel(config, device, { checkpointing });
  const state = allocateState(model);
  model.init(7, state.params);
  const sampler = new BatchSampler({ source: corpus.train, length: 14, seed: 3 });
  const history: unknown[] = [];
  using step = createTrainStep(model, state, { weightDecay: 0.1, maxGradNorm: 1 });
  for (let update = 1; update <= 3; update++) {
    const microBatches = splitBatch(await sampler.next(2 * accumulate), accumulate);
    const result = step.run({ microBatches, learningRate: 1e-2 / update, update });
    const { loss, gradNorm, prunedShare } = await readStep(result, config.numHeads);
    history.push([loss, gradNorm, prunedShare]);
  }
  const slabs = [state.weights, state.m, state.v].flatMap((arena) => arena.slabs);
  const trained = await device.read(slabs);
  disposeState(state);
  return { history, trained };
}

gpuSuite('checkpointing', (device) => {
  test.each([
    ['dense', 2],
    ['paper', 1],
    ['certified', 1],
  ] as const)(
    '%s, %i micro batches: three updates have the same bits',
    async (pruning, accumulate) => {
      const run = (checkpointing: Checkpointing) =>
        trainThree(device(), { pruning, checkpointing, accumulate });
      const plain = await run('none');
      expect(await run('selective')).toEqual(plain);
      expect(await run('blocks')).toEqual(plain);
    },
  );

  test('a run may be resumed with another one', async () => {
    const whole = await tinyRun(device());
    disposeParams((await runTraining(whole)).params);
    const first = await tinyRun(device(), {
      settings: { ...tinySettings, checkpointing: 'blocks' },
    });
    const stop = new AbortController();
    const onEvent: typeof whole.onEvent = (event) => {
      if (event.type === 'step' && event.step === 5) stop.abort();
    };
    const { checkpoint, params } = await runTraining({ ...first, onEvent, signal: stop.signal });
    disposeParams(params);
    const settings = { ...tinySettings, checkpointing: 'selective' } as const;
    disposeParams((await runTraining({ ...first, settings, resumeFrom: checkpoint })).params);
    expect(await readHistory(first.files)).toEqual(await readHistory(whole.files));
  });
});
