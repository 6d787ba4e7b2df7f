// The check of a training step by three losses: a step that leaves out a part of AdamW is found.

import { createModel, foxPreset, type Params } from '@vulpes/lm-models';
import {
  createDevice,
  type Device,
  disposeAll,
  type Tensor,
  valueAndGrad,
} from '@vulpes/tensor-core';
import {
  adamwStep,
  globalNorm,
  initialStepState,
  stepControl,
  stepNumbers,
  toDecayBlocks,
} from '@vulpes/wgsl-kernels';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BenchCase, Expected, Workload } from '../case.ts';
import { checkOutput } from '../check.ts';
import { llamaCase } from './train-case.ts';
import type { NamedArray, Training } from './workload.ts';

const nano = { preset: 'pro-nano', dims: { B: 2, T: 24 } as Record<string, number> } as BenchCase;

let device: Device;
let job: Training;
let ours: Workload;
let expected: Expected;
beforeAll(async () => {
  device = await createDevice({ adapter: 'software' });
  const { variants, dims } = llamaCase(nano);
  ours = await variants[0]!.build(device, dims);
  job = ours.baseline!.training as Training;
  expected = (await ours.expected()).losses!;
});
afterAll(() => {
  ours.dispose();
  device.dispose();
});

/** What a step does otherwise than the workload says. */
interface Faults {
  readonly isUnclipped?: boolean;
  readonly isUncorrected?: boolean;
  readonly isDecayedEverywhere?: boolean;
  readonly optimizer?: Partial<Training['optimizer']>;
}

/** Losses of a baseline that has nothing but the workload. */
async function computeLosses(faults: Faults): Promise<Float32Array> {
  const { parameters } = job;
  const optimizer = { ...job.optimizer, ...faults.optimizer };
  const model = createModel(foxPreset('llama-nano', { logPruningTolerance: null }), device);
  const upload = (
    dataOf: (one: (typeof parameters)[number]) => Float32Array | Int32Array,
  ): Params =>
    Object.fromEntries(
      parameters.map((one) => [one.name, device.tensor(dataOf(one), [...one.shape])]),
    );
  const zeros = () => upload(({ data }) => new Float32Array(data.length));
  const [params, m, v] = [upload(({ data }) => data), zeros(), zeros()];
  const { inputIds, labels } = ours.baseline!.inputs as Record<'inputIds' | 'labels', NamedArray>;
  const tokens = {
    inputIds: device.tensor(inputIds.data, inputIds.shape),
    labels: device.tensor(labels.data, labels.shape),
  };
  const gradients = valueAndGrad(device, (learned: Readonly<Params>, of: typeof tokens) =>
    model.loss(learned, of),
  );
  const step = (update: number): Tensor => {
    const { loss, grads } = gradients(params, tokens);
    const numbers = stepNumbers({
      ...optimizer,
      maxGradNorm: faults.isUnclipped ? null : optimizer.maxGradNorm,
      // 1 − βᵗ is 1 by then.
      update: faults.isUncorrected ? 1e6 : update,
      skipped: 0,
    });
    const control = stepControl({
      norm: globalNorm(Object.values(grads)),
      numbers: device.tensor(numbers, [numbers.length]),
      state: device.tensor(initialStepState(), [4]),
    });
    for (const { name, isDecayed } of parameters) {
      const param = params[name] as Tensor;
      const place = { offset: 0, size: param.size };
      const blocks = toDecayBlocks(
        [{ ...place, isDecayed: isDecayed || Boolean(faults.isDecayedEverywhere) }],
        param.size,
      );
      adamwStep({
        param,
        grad: grads[name] as Tensor,
        m: m[name] as Tensor,
        v: v[name] as Tensor,
        control,
        decayBlocks: device.tensor(blocks, [blocks.length]),
        ...optimizer,
      });
    }
    return loss;
  };
  const losses = new Float32Array(job.checkedUpdates);
  for (let i = 0; i < losses.length; i++) {
    const loss = device.scope(() => step(i + 1));
    losses[i] = (await loss.data())[0] as number;
    loss.dispose();
  }
  for (const tensors of [params, m, v, tokens]) {
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
  return losses;
}

test('a step that does what the workload says has our losses', async () => {
  // Two roundings of a loss of 5.
  const check = checkOutput('losses', await computeLosses({}), { ...expected, bound: 2e-7 });
  expect(check).toMatchObject({ isOk: true });
});

test.each<[string, Faults]>([
  ['weight decay', { optimizer: { weightDecay: 0 } }],
  ['which parameters decay', { isDecayedEverywhere: true }],
  ['clip', { isUnclipped: true }],
  ['bias correction', { isUncorrected: true }],
  ['the first moment', { optimizer: { beta1: 0 } }],
  ['the mean of squares', { optimizer: { beta2: 0 } }],
  // sqrt(v) is nothing beside an epsilon of 1: a step of the mean gradient.
  ['the second moment', { optimizer: { epsilon: 1 } }],
  ['epsilon', { optimizer: { epsilon: 0 } }],
])('a step that leaves out %s is found', async (_, faults) => {
  expect(expected.bound).toBe(1e-5);
  // With room for what rounding does elsewhere.
  const bound = 10 * expected.bound;
  const check = checkOutput('losses', await computeLosses(faults), { ...expected, bound });
  expect(check).toMatchObject({ isOk: false });
});

test('ours prunes nothing beside a library that cannot', async () => {
  const outputs = device.scope(() => ours.run());
  expect(Object.keys(outputs)).toEqual(['loss', 'control']);
  disposeAll(outputs);
});
