// Muon in training: which parameters it takes, one update against the references of both optimizers, replay, skip, resumption, learning.

import { createModel, type FoxConfig, foxPreset, parameterSpecs } from '@vulpes/lm-models';
import { createArena, createCountingDevice, planArena, type Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, makeCaps, randomArray } from '@vulpes/tensor-core/testing';
import { stepNumbers } from '@vulpes/wgsl-kernels';
import { referenceAdamwStep, referenceMuonStep } from '@vulpes/wgsl-kernels/reference';
import { describe, expect, test } from 'vitest';
import { BatchSampler } from './data/batches.ts';
import { memoryFiles } from './memory-files.ts';
import type { Model } from './model.ts';
import { planMuon, planParts } from './muon-matrices.ts';
import { runTraining } from './run-training.ts';
import { OPTIMIZER, type OptimizerSettings } from './settings.ts';
import { readStep } from './step-values.ts';
import { readHistory, tinyConfig, tinyCorpus, tinyRun, tinySettings } from './testing/tiny-run.ts';
import { createTrainStep } from './train-step.ts';
import { allocateState, arenaEntries, disposeState } from './trained-state.ts';
import { WeightUpdate } from './weight-update.ts';

const MUON = { optimizer: 'muon' } as const;
const HIDDEN = /attn\.(q_proj|[kv]_proj(\.linear)?|ogate_proj|o_proj)\.weight$|mlp\.\w+\.weight$/;
const isHidden = (name: string) => HIDDEN.test(name);

describe('which parameters', () => {
  const planOf = (config: FoxConfig) => {
    const { device } = createCountingDevice(makeCaps({}));
    const entries = arenaEntries(createModel(config, device));
    const { placements } = planArena(entries, 2 ** 30);
    return { entries, placements };
  };

  test.each([
    ['pro-125m', {}],
    ['pro-tiny', { numKvHeads: 1 }],
    ['pro-nano', {}],
    ['llama-nano', { tieWordEmbeddings: true }],
    ['transformer-nano', {}],
  ] as const)(
    '%s %j: hidden matrices are in one batch each, all else is AdamW’s',
    (preset, fields) => {
      const config = foxPreset(preset, fields);
      const { entries, placements } = planOf(config);
      const batches = planMuon(entries, placements);
      const hidden = parameterSpecs(config).filter(({ name }) => isHidden(name));
      const sizes = (specs: readonly { shape: readonly number[] }[]) =>
        specs.reduce((sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1), 0);
      const elements = batches.reduce(
        (sum, { rows, cols, offsets }) => sum + rows * cols * offsets.length,
        0,
      );
      expect(elements).toBe(sizes(hidden));
      const parts = [...planParts(entries, placements, { hasMuon: true })].flatMap(([slab, list]) =>
        list.map((part) => ({ slab, ...part })),
      );
      const count = (isMuon: boolean) =>
        parts.filter((part) => part.isMuon === isMuon).reduce((sum, { size }) => sum + size, 0);
      expect(count(true)).toBe(elements);
      expect(count(false)).toBe(
        sizes(parameterSpecs(config).filter(({ trainable }) => trainable)) - elements,
      );
      for (const { slab, rows, cols, offsets } of batches) {
        expect(new Set(offsets).size).toBe(offsets.length);
        for (const offset of offsets) {
          const within = parts.find(
            (part) =>
              part.slab === slab &&
              part.offset <= offset &&
              offset + rows * cols <= part.offset + part.size,
          );
          expect(within?.isMuon).toBe(true);
        }
      }
      for (const { offset } of parts) expect(offset % 4096).toBe(0);
      const plain = [...planParts(entries, placements, { hasMuon: false }).values()].flat();
      expect(plain.every(({ isMuon }) => !isMuon)).toBe(true);
      expect(plain).toHaveLength(entries.length);
    },
  );

  test('batches of the 125M model are of three shapes and at most 32 M elements', () => {
    const { entries, placements } = planOf(foxPreset('pro-125m'));
    const batches = planMuon(entries, placements);
    expect(batches.map(({ rows, cols, offsets }) => [rows, cols, offsets.length])).toEqual([
      ...[
        [768, 768, 56],
        [768, 768, 4],
        [1792, 768, 24],
        [768, 1792, 12],
      ],
    ]);
  });
});

const learningRate = 1e-2;
const numbersOf = (update: number) =>
  stepNumbers({
    learningRate,
    weightDecay: 0.1,
    beta1: 0.9,
    beta2: 0.95,
    maxGradNorm: null,
    update,
    skipped: 0,
  });

/** The matrices of a parameter, rows and all: gate and up are two. */
const matricesOf = (name: string, [rows = 1, cols = 1]: readonly number[]) =>
  name.endsWith('mlp.gate_proj.weight')
    ? [
        [rows / 2, cols],
        [rows / 2, cols],
      ]
    : [[rows, cols]];

async function updateOnce(model: Model, changes: Partial<OptimizerSettings>) {
  const { device } = model;
  const state = allocateState(model);
  model.init(1, state.params);
  const gradients = createArena(device, arenaEntries(model), { label: 'gradients' });
  const specs = model.parameterSpecs().filter(({ trainable }) => trainable);
  const grads = new Map(
    specs.map(({ name }, i) => [name, randomArray(i + 1, gradients.tensors[name]!.size)]),
  );
  for (const [name, values] of grads) device.write(gradients.tensors[name] as Tensor, values);
  const before = await model.download(state.params);
  const update = new WeightUpdate(model, state, changes);
  for (const count of [1, 2]) update.run(gradients, numbersOf(count)).dispose();
  const after = await model.download(state.params);
  update.dispose();
  gradients.dispose();
  disposeState(state);
  return { specs, grads, before, after };
}

gpuSuite('training with Muon', (device) => {
  test('two updates are those of the references, parameter by parameter', async () => {
    const model = createModel(tinyConfig({ intermediateSize: 32 }), device());
    const { specs, grads, before, after } = await updateOnce(model, { ...MUON, muonMomentum: 0.9 });
    for (const { name, shape, weightDecay: isDecayed } of specs) {
      const param = Float64Array.from(before[name]!.data);
      const [grad, m, v] = [grads.get(name)!, param.map(() => 0), param.map(() => 0)];
      const shared = { learningRate, weightDecay: isDecayed ? 0.1 : 0 };
      for (const step of [1, 2]) {
        if (!isHidden(name)) {
          referenceAdamwStep({ param, m, v }, grad, { ...shared, ...OPTIMIZER, step });
          continue;
        }
        let start = 0;
        for (const [rows = 1, cols = 1] of matricesOf(name, shape)) {
          const end = start + rows * cols;
          const part = { param: param.subarray(start, end), m: m.subarray(start, end) };
          referenceMuonStep(part, grad.subarray(start, end), {
            ...shared,
            rows,
            cols,
            momentum: 0.9,
          });
          start = end;
        }
      }
      const change = (values: ArrayLike<number>) =>
        param.map((_, i) => values[i]! - before[name]!.data[i]!);
      expectMatch(name, change(after[name]!.data as Float32Array), change(param), 2e-3);
    }
  });

  /** Losses of some updates, and the weights after them. */
  async function train(
    options: Partial<OptimizerSettings> & { replay?: boolean; rate?: number; updates: number },
  ) {
    const { rate = 5e-3, updates, ...rest } = options;
    const model = createModel(tinyConfig(), device());
    const state = allocateState(model);
    model.init(7, state.params);
    const sampler = new BatchSampler({ source: (await tinyCorpus()).train, length: 14, seed: 3 });
    const losses: number[] = [];
    using step = createTrainStep(model, state, { weightDecay: 0.1, maxGradNorm: 1, ...rest });
    for (let update = 1; update <= updates; update++) {
      const microBatches = [await sampler.next(2)];
      const result = step.run({ microBatches, learningRate: rate, update });
      losses.push((await readStep(result, model.config.numHeads)).loss);
    }
    const weights = await device().read([...state.weights.slabs, ...state.m.slabs]);
    disposeState(state);
    return { losses, weights };
  }

  test('replayed updates are those of recorded ones, bit for bit', async () => {
    const recorded = await train({ ...MUON, replay: false, updates: 4 });
    expect(await train({ ...MUON, replay: true, updates: 4 })).toEqual(recorded);
  });

  test('it learns no slower than AdamW at the same learning rate', async () => {
    const tail = ({ losses }: { losses: number[] }) =>
      losses.slice(-10).reduce((sum, loss) => sum + loss, 0) / 10;
    const [muon, adamw] = [
      tail(await train({ ...MUON, updates: 60 })),
      tail(await train({ updates: 60 })),
    ];
    expect(muon).toBeLessThan(1.05 * adamw);
    expect(muon).toBeLessThan(3);
  });

  test('a gradient that is not finite changes nothing', async () => {
    const model = createModel(tinyConfig(), device());
    const state = allocateState(model);
    model.init(7, state.params);
    const gradients = createArena(device(), arenaEntries(model), { label: 'gradients' });
    device().write(
      gradients.tensors['lm_head.weight'] as Tensor,
      new Float32Array(256 * 64).fill(Number.NaN),
    );
    const read = () => device().read([...state.weights.slabs, ...state.m.slabs, ...state.v.slabs]);
    const before = await read();
    const update = new WeightUpdate(model, state, MUON);
    update.run(gradients, numbersOf(1)).dispose();
    expect(await read()).toEqual(before);
    update.dispose();
    gradients.dispose();
    disposeState(state);
  });

  test('stopped and resumed, with a schedule of three parts, the numbers are those of a run in one go', async () => {
    const settings = {
      ...{ ...tinySettings, ...MUON, steps: 8, decayShare: 0.5 },
      ...{ schedule: 'wsd' as const, checkpointEvery: 3, evalEvery: 100 },
    };
    const whole = await tinyRun(device(), { settings });
    await runTraining(whole);
    const files = memoryFiles();
    const stop = new AbortController();
    const onEvent = ({ type, ...event }: { type: string; step?: number }) => {
      if (type === 'step' && event.step === 5) stop.abort();
    };
    const broken = await tinyRun(device(), { settings, files, onEvent, signal: stop.signal });
    const { checkpoint } = await runTraining(broken);
    expect(checkpoint.step).toBeLessThan(8);
    const resumed = await tinyRun(device(), { settings, files, resumeFrom: checkpoint });
    await runTraining(resumed);
    expect(await readHistory(files)).toEqual(await readHistory(whole.files));
  });
});
