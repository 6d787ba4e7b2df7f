// Packed projections: gradients are those of the official parameters, checkpoints know nothing of them, and no bit depends on how a step is run.

import {
  type Checkpointing,
  createModel,
  type FoxConfig,
  packedParameters,
  readSafetensors,
} from '@vulpes/lm-models';
import { type Device, type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { BatchGradients } from './batch-gradients.ts';
import { BatchSampler } from './data/batches.ts';
import { memoryFiles } from './memory-files.ts';
import type { Params } from './model.ts';
import { runTraining } from './run-training.ts';
import { readStep } from './step-values.ts';
import { disposeParams, readHistory, tinyConfig, tinyCorpus, tinyRun } from './testing/tiny-run.ts';
import { createTrainStep } from './train-step.ts';
import { allocateState, arenaEntries, copyToHalves, disposeState } from './trained-state.ts';

/** The least width that is packed. */
const WIDE = { hiddenSize: 128, numHeads: 4, intermediateSize: 128 } as const;

const MODELS: Record<string, Partial<FoxConfig>> = {
  dense: { logPruningTolerance: null },
  'paper, grouped keys': { pruningMode: 'paper', numKvHeads: 2 },
  'certified, shared norm weights': { pruningMode: 'certified', qkNormShareParamAcrossHead: true },
};

async function nextBatch() {
  return new BatchSampler({ tokens: (await tinyCorpus()).train, length: 29, seed: 3 }).next(2);
}

/** Loss and gradients of one batch by official names: of a step, whose projections are packed, and of the official parameters. */
async function differentiate(device: Device, fields: Partial<FoxConfig>, compute: 'f32' | 'f16') {
  const model = createModel(tinyConfig({ ...WIDE, ...fields, numHiddenLayers: 2 }), device, {
    compute,
  });
  const state = allocateState(model);
  model.init(7, state.params);
  copyToHalves(state);
  const batch = await nextBatch();
  const gradients = new BatchGradients(model, state, {});
  const { loss } = gradients.run(batch);
  const ids = device.tensor(batch.inputs, batch.shape);
  const labels = device.tensor(batch.labels, batch.shape);
  const official = device.scope(() => {
    const step = valueAndGrad(
      device,
      (params: Params) => model.loss(params, { inputIds: ids, labels }),
      { seed: device.slice(state.control, 0, [1]) },
    );
    const { loss, grads } = step(state.computeParams);
    return { loss, grads };
  });
  const names = Object.keys(official.grads);
  const read = (of: Tensor, tensors: Readonly<Params>) =>
    device.read([of, ...names.map((name) => tensors[name] as Tensor)]);
  const packed = await read(loss, gradients.arena.tensors);
  const separate = await read(official.loss, official.grads);
  const wholes = await device.read(Object.values(gradients.arena.wholes));
  gradients.dispose();
  disposeState(state);
  for (const tensor of [ids, labels, official.loss, ...Object.values(official.grads)])
    tensor.dispose();
  return { names, packed, separate, wholes, model };
}

/** @param boundOf - of each gradient */
async function checkGradients(
  device: Device,
  fields: Partial<FoxConfig>,
  compute: 'f32' | 'f16',
  { loss, boundOf }: { loss: number; boundOf: (name: string) => number },
) {
  const result = await differentiate(device, fields, compute);
  const { names, packed, separate, wholes, model } = result;
  expect(Math.abs(packed[0]![0]! / separate[0]![0]! - 1)).toBeLessThan(loss);
  names.forEach((name, at) => {
    const [actual, expected] = [packed[at + 1], separate[at + 1]] as Float32Array[];
    expectMatch(name, actual!, expected!, boundOf(name));
  });
  // What is behind the parts has no gradient: it stays 0.
  const used = packedParameters(model.config)[0]!.parts.reduce(
    (sum, { shape }) => sum + shape[0]!,
    0,
  );
  expect(wholes.length).toBe(2);
  for (const whole of wholes) {
    const padding = whole.subarray(used * WIDE.hiddenSize);
    expect(padding.length).toBeGreaterThan(0);
    expect(padding.every((value) => value === 0)).toBe(true);
  }
}

gpuSuite('packed projections', (device) => {
  test.each(Object.keys(MODELS))('%s: gradients are those of the official parameters', (name) =>
    checkGradients(device(), MODELS[name]!, 'f32', { loss: 1e-6, boundOf: () => 2e-5 }),
  );

  test('only FoX (Pro) with rows that can be bound has them', () => {
    const wholes = (fields: Partial<FoxConfig>) => {
      const model = createModel(tinyConfig({ ...WIDE, ...fields }), device());
      return arenaEntries(model).filter(({ parts }) => parts).length;
    };
    expect(wholes({})).toBe(1);
    expect(wholes({ hiddenSize: 64 })).toBe(0);
    expect(wholes({ useRope: true })).toBe(0);
    expect(wholes({ useKShift: false })).toBe(0);
    expect(wholes({ qkNorm: false })).toBe(0);
    expect(wholes({ fgateType: 'bias_only' })).toBe(0);
    expect(wholes({ useOutputGate: false })).toBe(0);
  });

  test('the same bits recorded, replayed, and with checkpointing', async () => {
    const runFour = async (replay: boolean, checkpointing: Checkpointing) => {
      const model = createModel(tinyConfig(WIDE), device(), { checkpointing });
      const state = allocateState(model);
      model.init(7, state.params);
      const options = { weightDecay: 0.1, maxGradNorm: 1, replay };
      using step = createTrainStep(model, state, options);
      const batch = await nextBatch();
      const losses: number[] = [];
      for (let update = 1; update <= 4; update++) {
        const input = { microBatches: [batch, batch], learningRate: 1e-2, update };
        losses.push((await readStep(step.run(input), WIDE.numHeads)).loss);
      }
      const slabs = [state.weights, state.m, state.v].flatMap((arena) => arena.slabs);
      const values = await device().read(slabs);
      disposeState(state);
      return { losses, values };
    };
    const plain = await runFour(false, 'none');
    expect(plain.losses[3]).toBeLessThan(plain.losses[0]!);
    for (const checkpointing of ['none', 'selective', 'blocks'] as const)
      expect(await runFour(true, checkpointing)).toEqual(plain);
  });

  test('a checkpoint has the official names and shapes, and a run goes on from it with the same bits', async () => {
    const content = new Map<string, Uint8Array<ArrayBuffer>>();
    const whole = await tinyRun(device(), { config: WIDE, files: memoryFiles(content) });
    disposeParams((await runTraining(whole)).params);
    const specs = whole.model.parameterSpecs();
    const shapes = (file: string) => {
      const bytes = [...content].find(([path]) => path.endsWith(file))![1];
      const { tensors } = readSafetensors(bytes, file);
      return Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    };
    expect(shapes('model.safetensors')).toEqual(
      Object.fromEntries(specs.map(({ name, shape }) => [name, shape])),
    );
    expect(shapes('optimizer.safetensors')).toEqual(
      Object.fromEntries(
        specs.flatMap(({ name, shape }) => [
          [`m.${name}`, shape],
          [`v.${name}`, shape],
        ]),
      ),
    );

    const first = await tinyRun(device(), { config: WIDE });
    const stop = new AbortController();
    const onEvent: typeof first.onEvent = (event) => {
      if (event.type === 'step' && event.step === 5) stop.abort();
    };
    const { checkpoint, params } = await runTraining({ ...first, onEvent, signal: stop.signal });
    disposeParams(params);
    disposeParams((await runTraining({ ...first, resumeFrom: checkpoint })).params);
    expect(await readHistory(first.files)).toEqual(await readHistory(whole.files));
  });
});

gpuSuite(
  'packed projections of f16',
  (device) => {
    const boundOf = (name: string) => (name.endsWith('fgate_proj.bias') ? 5e-2 : 5e-3);
    test.each(Object.keys(MODELS))('%s: gradients are those of the official parameters', (name) =>
      checkGradients(device(), MODELS[name]!, 'f16', { loss: 1e-3, boundOf }),
    );
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
