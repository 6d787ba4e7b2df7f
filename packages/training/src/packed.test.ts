// Packed projections: gradients are those of the official parameters, checkpoints know nothing of them, and no bit depends on how a step is run.

import {
  type Checkpointing,
  type ComputeDType,
  createModel,
  type FoxConfig,
  packedParameters,
  readSafetensors,
} from '@vulpes/lm-models';
import { type Device, disposeAll, type Tensor, valueAndGrad } from '@vulpes/tensor-core';
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
import {
  allocateState,
  arenaEntries,
  copyToHalves,
  disposeState,
  getFirstLossScale,
} from './trained-state.ts';

/** The least width that is packed. */
const WIDE = { hiddenSize: 128, numHeads: 4, intermediateSize: 128 } as const;

const MODELS: Record<string, Partial<FoxConfig>> = {
  dense: { logPruningTolerance: null },
  'paper, grouped keys': { pruningMode: 'paper', numKvHeads: 2 },
  'certified, shared norm weights': { pruningMode: 'certified', qkNormShareParamAcrossHead: true },
};

async function nextBatch() {
  return new BatchSampler({ source: (await tinyCorpus()).train, length: 29, seed: 3 }).next(2);
}

interface Differentiated {
  readonly loss: number;
  /** By official name. */
  readonly gradients: Readonly<Record<string, Float32Array>>;
}

const makeModel = (device: Device, fields: Partial<FoxConfig>, compute: ComputeDType) =>
  createModel(tinyConfig({ ...WIDE, ...fields, numHiddenLayers: 2 }), device, { compute });

/** By a step, whose projections are packed; and the gradients of the packed matrices. */
async function differentiatePacked(
  device: Device,
  fields: Partial<FoxConfig>,
  compute: ComputeDType,
): Promise<Differentiated & { readonly wholes: readonly Float32Array[] }> {
  const model = makeModel(device, fields, compute);
  const state = allocateState(model);
  model.init(7, state.params);
  copyToHalves(state);
  const step = new BatchGradients(model, state, {});
  const { loss } = step.run(await nextBatch());
  const { tensors, wholes } = step.arena;
  const result = await readAll(loss, tensors, getFirstLossScale(compute));
  const ofWholes = await device.read(Object.values(wholes));
  step.dispose();
  disposeState(state);
  return { ...result, wholes: ofWholes as Float32Array[] };
}

/** By the official parameters, in f32. */
async function differentiateSeparate(
  device: Device,
  fields: Partial<FoxConfig>,
): Promise<Differentiated> {
  const model = makeModel(device, fields, 'f32');
  const params = model.init(7);
  const { inputs, labels, shape } = await nextBatch();
  const batch = { inputIds: device.tensor(inputs, shape), labels: device.tensor(labels, shape) };
  const { loss, grads } = device.scope(() => {
    const step = valueAndGrad(device, (learned: Params) => model.loss(learned, batch));
    const { loss, grads } = step(params);
    return { loss, grads };
  });
  const result = await readAll(loss, grads, 1);
  disposeAll([params, batch, loss, grads]);
  return result;
}

async function readAll(loss: Tensor, tensors: Readonly<Params>, scale: number) {
  const [value, ...values] = await loss.device.read([loss, ...Object.values(tensors)]);
  const gradients = Object.keys(tensors).map((name, at) => {
    return [name, (values[at] as Float32Array).map((x) => x / scale)] as const;
  });
  return { loss: value![0]!, gradients: Object.fromEntries(gradients) };
}

/** @param boundOf - of each gradient */
async function checkGradients(
  device: Device,
  { fields, compute }: { fields: Partial<FoxConfig>; compute: ComputeDType },
  { loss, boundOf }: { loss: number; boundOf: (name: string) => number },
) {
  const separate = await differentiateSeparate(device, fields);
  const packed = await differentiatePacked(device, fields, compute);
  expect(Math.abs(packed.loss / separate.loss - 1)).toBeLessThan(loss);
  expect(Object.keys(packed.gradients).sort()).toEqual(Object.keys(separate.gradients).sort());
  for (const [name, expected] of Object.entries(separate.gradients))
    expectMatch(name, packed.gradients[name]!, expected, boundOf(name));
  // What is behind the parts has no gradient: it stays 0.
  const { config } = makeModel(device, fields, compute);
  const rows = packedParameters(config)[0]!.parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  expect(packed.wholes.length).toBe(2);
  for (const whole of packed.wholes) {
    const padding = whole.subarray(rows * WIDE.hiddenSize);
    expect(padding.length).toBeGreaterThan(0);
    expect(padding.every((value) => value === 0)).toBe(true);
  }
}

gpuSuite('packed projections', (device) => {
  test.each(Object.keys(MODELS))('%s: gradients are those of the official parameters', (name) =>
    checkGradients(
      device(),
      { fields: MODELS[name]!, compute: 'f32' },
      { loss: 1e-6, boundOf: () => 2e-5 },
    ),
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
    // As separate projections are held to in f16: a gate's gradient is what is left of sums that cancel.
    const boundOf = (name: string) => (name.endsWith('fgate_proj.bias') ? 5e-2 : 1e-2);

    test.each(Object.keys(MODELS))('%s: gradients are those of f32, rounded', (name) =>
      checkGradients(device(), { fields: MODELS[name]!, compute: 'f16' }, { loss: 1e-3, boundOf }),
    );
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
