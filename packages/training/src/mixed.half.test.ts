// Training in mixed precision: close to f32, the same bits when resumed or replayed, and an overflow loses nothing.

import { createModel, type FoxConfig } from '@vulpes/lm-models';
import { type Device, valueAndGrad } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { BatchSampler } from './data/batches.ts';
import type { Params } from './model.ts';
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
import { allocateState, copyToHalves, disposeState } from './trained-state.ts';

const OPTIONS = { weightDecay: 0.1, maxGradNorm: 1 };
const LEARNING_RATE = 1e-2;
/** f16 has 11 bits; what a block adds up. */
const [LOSS_BOUND, GRADIENT_BOUND] = [2e-3, 1e-2];
/** The gradient of a gate is what is left of sums that cancel: each row of dS adds up to 0. Its bias sums that over all tokens. */
const GATE_BIAS_BOUND = 5e-2;

const MODELS: Record<string, Partial<FoxConfig>> = {
  'pro, dense': { logPruningTolerance: null },
  'pro, paper': { pruningMode: 'paper' },
  'pro, certified': { pruningMode: 'certified' },
  'no QK-norm, no shift': { qkNorm: false, useKShift: false, useVShift: false },
  'tied, RoPE, no gate': { tieWordEmbeddings: true, useRope: true, fgateType: 'none' },
};

async function sampler(length = 29): Promise<BatchSampler> {
  const { train } = await tinyCorpus();
  return new BatchSampler({ source: train, length, seed: 3 });
}

/** Loss and gradients of one batch, the loss times S and the gradients divided by it again. */
async function differentiate(device: Device, fields: Partial<FoxConfig>, compute: 'f32' | 'f16') {
  const S = compute === 'f16' ? 2 ** 12 : 1;
  const model = createModel(tinyConfig({ ...fields, numHiddenLayers: 2 }), device, { compute });
  const masters = model.init(7);
  const params = model.toCompute(masters);
  const { inputs, labels, shape } = await (await sampler()).next(2);
  const batch = { inputIds: device.tensor(inputs, shape), labels: device.tensor(labels, shape) };
  const step = valueAndGrad(device, (learned: Params) => model.loss(learned, batch), { seed: S });
  const { loss, grads } = device.scope(() => {
    const result = step(params);
    return { loss: result.loss, grads: result.grads };
  });
  const [lossValue, ...values] = await device.read([loss, ...Object.values(grads)]);
  for (const tensor of [loss, ...Object.values({ ...masters, ...params, ...grads })])
    tensor.dispose();
  const names = Object.keys(grads);
  const gradients = names.map((name, at) => [name, values[at]!.map((x) => x / S)] as const);
  return { loss: lossValue![0]!, gradients: Object.fromEntries(gradients) };
}

const boundOf = (tensor: string): number =>
  tensor.endsWith('fgate_proj.bias') ? GATE_BIAS_BOUND : GRADIENT_BOUND;

/** A model with its state, filled, and a step. */
async function makeTrained(device: Device, replay = true, optimizer: 'adamw' | 'muon' = 'adamw') {
  const model = createModel(tinyConfig(), device, { compute: 'f16' });
  const state = allocateState(model);
  model.init(7, state.params);
  copyToHalves(state);
  const step = createTrainStep(model, state, { ...OPTIONS, replay, optimizer });
  const batches = await sampler(14);
  let update = 0;
  return {
    state,
    run: async (skipped = 0) => {
      const microBatches = [await batches.next(2)];
      const input = { microBatches, learningRate: LEARNING_RATE, update: ++update, skipped };
      return readStep(step.run(input), model.config.numHeads);
    },
    read: () =>
      device.read([state.weights, state.m, state.v, state.halves!].flatMap(({ slabs }) => slabs)),
    [Symbol.dispose]() {
      step.dispose();
      disposeState(state);
    },
  };
}

gpuSuite(
  'mixed precision',
  (device) => {
    describe('loss and gradients are those of f32, rounded', () => {
      test.each(Object.keys(MODELS))('%s', async (name) => {
        const fields = MODELS[name] as Partial<FoxConfig>;
        const single = await differentiate(device(), fields, 'f32');
        const mixed = await differentiate(device(), fields, 'f16');
        expect(mixed.loss).not.toBe(single.loss);
        expect(Math.abs(mixed.loss / single.loss - 1)).toBeLessThan(LOSS_BOUND);
        for (const [tensor, gradient] of Object.entries(single.gradients))
          expectMatch(tensor, mixed.gradients[tensor]!, gradient, boundOf(tensor));
      });
    });

    test.each(['adamw', 'muon'] as const)(
      'an update by %s writes the weights that the next batch reads',
      async (optimizer) => {
        using trained = await makeTrained(device(), true, optimizer);
        const before = await trained.read();
        await trained.run();
        const { weights, halves } = trained.state;
        const [after, half] = await device().read([weights.slabs[0]!, halves!.slabs[0]!]);
        expect(after).not.toEqual(before[0]);
        expectMatch('copy', half as Float32Array, after as Float32Array, 2 ** -11);
      },
    );

    test.each(['adamw', 'muon'] as const)(
      'an overflow skips the update by %s, halves the scale, and loses nothing',
      async (optimizer) => {
        using trained = await makeTrained(device(), true, optimizer);
        await trained.run();
        const before = await trained.read();
        // 2^24 times gradients of about 1 are beyond f16.
        device().write(trained.state.control, Float32Array.of(2 ** 24, 5, 0, 0));
        const skipped = await trained.run();
        expect(skipped).toMatchObject({ isSkipped: true, lossScale: 2 ** 24, skipped: 1 });
        expect(skipped.gradNorm).not.toBeLessThan(Number.MAX_VALUE);
        expect(await trained.read()).toEqual(before);
        expect([...(await trained.state.control.data())]).toEqual([2 ** 23, 0, 1, 0]);
        device().write(trained.state.control, Float32Array.of(2 ** 10, 0, 1, 0));
        const next = await trained.run(1);
        expect(next).toMatchObject({ isSkipped: false, lossScale: 2 ** 10, skipped: 1 });
        expect(Number.isFinite(next.gradNorm)).toBe(true);
        expect(await trained.read()).not.toEqual(before);
      },
    );

    test('the loss scale changes no gradient: powers of two apart, the same update', async () => {
      const runAt = async (scale: number) => {
        using trained = await makeTrained(device());
        device().write(trained.state.control, Float32Array.of(scale, 0, 0, 0));
        return (await trained.run()).gradNorm;
      };
      const [low, high] = [await runAt(2 ** 8), await runAt(2 ** 10)];
      expect(Math.abs(low / high - 1)).toBeLessThan(1e-3);
    });

    test('replayed steps have the bits of recorded ones', async () => {
      const runFour = async (replay: boolean) => {
        using trained = await makeTrained(device(), replay);
        const losses: number[] = [];
        for (let i = 0; i < 4; i++) losses.push((await trained.run()).loss);
        return { losses, state: await trained.read() };
      };
      expect(await runFour(true)).toEqual(await runFour(false));
    });

    test('a resumed run has the bits of one that never stopped; f32 goes on with a note', async () => {
      const settings = { ...tinySettings, precision: 'mixed' } as const;
      const whole = await tinyRun(device(), { settings });
      disposeParams((await runTraining(whole)).params);
      const first = await tinyRun(device(), { settings });
      const stop = new AbortController();
      const onEvent: typeof whole.onEvent = (event) => {
        if (event.type === 'step' && event.step === 5) stop.abort();
      };
      const { checkpoint, params } = await runTraining({ ...first, onEvent, signal: stop.signal });
      disposeParams(params);
      disposeParams((await runTraining({ ...first, resumeFrom: checkpoint })).params);
      expect(await readHistory(first.files)).toEqual(await readHistory(whole.files));

      const notes: string[] = [];
      const asSingle = { ...tinySettings, precision: 'f32', steps: 11 } as const;
      const last = { step: 10, folder: 'run/checkpoints/step-000010' };
      const { params: end } = await runTraining({
        ...first,
        settings: asSingle,
        resumeFrom: {
          ...checkpoint,
          ...last,
          folder: checkpoint.folder.replace(/\d+$/, (n) => String(10).padStart(n.length, '0')),
        },
        onEvent: (event) => event.type === 'start' && notes.push(...event.notes),
      });
      disposeParams(end);
      expect(notes).toContain(
        'The run was in mixed precision and continues in f32: losses may differ a little.',
      );
    });

    test('a record of the other precision is refused, and how to make the right one is said', async () => {
      const model = createModel(tinyConfig(), device(), { compute: 'f16' });
      const params = model.init(7);
      const halves = model.toCompute(params);
      using inputIds = device().tensor(Int32Array.of(1, 2, 3), [1, 3]);
      expect(() => model.logits(params, { inputIds })).toThrow(
        "model with compute 'f16': expected parameter model.layers.0.attn.q_proj.weight f16, got f32. Pass what model.toCompute(params) makes of the f32 parameters.",
      );
      const single = createModel(tinyConfig(), device());
      for (const read of [
        () => single.logits(halves, { inputIds }),
        () => model.toCompute(halves),
        () => model.download(halves),
      ])
        expect(read).toThrow('q_proj.weight f32, got f16. Pass the f32 parameters themselves.');
      expect(() => model.createCache(params, { batch: 1 })).toThrow(/compute 'f32'/);
      using cache = single.createCache(params, { batch: 1 });
      expect(() => model.nextTokenLogits(halves, { inputIds, cache })).toThrow(/compute 'f32'/);
      single.nextTokenLogits(params, { inputIds, cache }).dispose();
      disposeParams({ ...params, ...halves });
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
