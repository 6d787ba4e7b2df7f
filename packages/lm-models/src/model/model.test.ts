// The model on the device against its f64 reference: every option, padding, packing, pruning, all gradients.

import { type Device, type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import type { FoxConfig } from '../config/config.ts';
import type { HostWeights } from '../parameters/host-weights.ts';
import { parameterSpecs } from '../parameters/parameter-specs.ts';
import type { Params } from '../parameters/params.ts';
import { referenceBatch } from '../reference/batch.ts';
import {
  directionalDerivatives,
  directionalError,
  type Layout,
  testBatch,
  toHostWeights,
} from '../reference/check.ts';
import { randomWeights } from '../reference/random-weights.ts';
import { modelCases } from './model.cases.ts';
import { createModel, type LossInputs } from './model.ts';

const SEED = 42;
const [BATCH, SEQ_LEN] = [2, 21];

interface Outcome {
  readonly loss: number;
  readonly lossPerToken: Float32Array;
  readonly logits: Float32Array;
  readonly grads: Record<string, Float32Array>;
}

/** Loss, logits and gradients on the device; frees all it made. */
async function runOnDevice(
  device: Device,
  config: FoxConfig,
  weights: HostWeights,
  batch: ReturnType<typeof testBatch>,
): Promise<Outcome> {
  const model = createModel(config, device);
  const made: Tensor[] = [];
  const keep = (tensor: Tensor): Tensor => {
    made.push(tensor);
    return tensor;
  };
  const params = model.upload(weights);
  const shape = [BATCH, batch.inputIds.length / BATCH];
  const inputs: LossInputs = {
    inputIds: keep(device.tensor(batch.inputIds, shape)),
    labels: keep(device.tensor(batch.labels, shape)),
    ...layoutTensors(device, batch, keep),
  };
  const logits = keep(model.logits(params, inputs));
  const step = valueAndGrad(device, (p: Params, i: LossInputs) => model.loss(p, i));
  const { loss, aux, grads } = step(params, inputs);
  made.push(loss, ...Object.values(params), ...Object.values(grads));
  if (aux) made.push(aux.lossPerToken, ...aux.pruningCounts);
  const outcome: Outcome = {
    loss: (await loss.data())[0] as number,
    lossPerToken: (await aux?.lossPerToken.data()) as Float32Array,
    logits: (await logits.data()) as Float32Array,
    grads: Object.fromEntries(
      await Promise.all(
        Object.entries(grads).map(async ([name, grad]) => [
          name,
          (await grad.data()) as Float32Array,
        ]),
      ),
    ),
  };
  for (const tensor of made) tensor.dispose();
  return outcome;
}

/** A layout on the device; nothing of what it does not ask for. */
function layoutTensors(
  device: Device,
  { seqStart, cuSeqlens }: Layout,
  keep: (tensor: Tensor) => Tensor,
): Pick<LossInputs, 'seqStart' | 'cuSeqlens'> {
  const ints = (values: readonly number[], shape: number[]) =>
    keep(device.tensor(Int32Array.from(values), shape));
  return {
    ...(seqStart.some((start) => start > 0) && { seqStart: ints(seqStart, [BATCH]) }),
    ...(cuSeqlens && { cuSeqlens: ints(cuSeqlens, [BATCH, cuSeqlens.length / BATCH]) }),
  };
}

/** Rows of tokens that are not left padding, [B, T, width] -> [valid tokens, width] */
function validRows<A extends Float32Array | Float64Array>(
  values: A,
  seqStart: readonly number[],
): number[] {
  const width = values.length / seqStart.length / SEQ_LEN;
  return seqStart.flatMap((start, b) => [
    ...values.subarray((b * SEQ_LEN + start) * width, (b + 1) * SEQ_LEN * width),
  ]);
}

const plain: Layout = { seqStart: [0, 0] };
const padded: Layout = { seqStart: [0, 8] };
/** Documents of one token, empty ones, and padding behind the last. */
const packed: Layout = { seqStart: [0, 0], cuSeqlens: [0, 9, 10, 10, 21, 0, 0, 4, 15, 19] };

interface Variant {
  readonly name: string;
  readonly pruning: Partial<FoxConfig>;
  readonly layout: Layout;
}

const dense: Partial<FoxConfig> = { logPruningTolerance: null };
const certified: Partial<FoxConfig> = { logPruningTolerance: -10, pruningMode: 'certified' };
const variants: readonly Variant[] = [
  { name: 'dense', pruning: dense, layout: plain },
  { name: 'dense, left-padded', pruning: dense, layout: padded },
  { name: 'pruned, left-padded', pruning: { logPruningTolerance: -10 }, layout: padded },
  { name: 'certified, packed', pruning: certified, layout: packed },
];

gpuSuite('model', (device) => {
  describe.each(modelCases)('$id', ({ config }) => {
    const specs = parameterSpecs(config);
    const weights = randomWeights(specs, SEED);
    const known = new Map<Layout, Record<string, number>>();
    /** The same for a dense and a pruned model, so taken once for each layout. */
    const getDerivatives = (layout: Layout, batch: ReturnType<typeof testBatch>) => {
      const derivatives = known.get(layout) ?? directionalDerivatives(config, weights, batch);
      known.set(layout, derivatives);
      return derivatives;
    };

    test.each(variants)('$name', async ({ pruning, layout }) => {
      const batch = testBatch(config, { seqLen: SEQ_LEN, ...layout, seed: SEED });
      const expected = referenceBatch(config, weights, batch);
      const actual = await runOnDevice(
        device(),
        { ...config, ...pruning },
        toHostWeights(specs, weights),
        batch,
      );
      expectMatch('loss', [actual.loss], [expected.loss], 1e-6);
      expectMatch('loss per token', actual.lossPerToken, expected.lossPerToken, 1e-5);
      const [logits, reference] = [actual.logits, expected.logits].map((all) =>
        validRows(all, layout.seqStart),
      );
      expectMatch('logits', logits as number[], reference as number[], 1e-5);
      for (const [name, derivative] of Object.entries(getDerivatives(layout, batch))) {
        const error = directionalError(name, actual.grads[name] as Float32Array, derivative);
        // A gate's bias sums terms that nearly cancel.
        const bound = name.includes('fgate') ? 1e-4 : 2e-5;
        expect(error, name).toBeLessThan(bound);
      }
    });
  });

  test('leaves no tensor behind', async () => {
    const { config } = modelCases.find(
      ({ id }) => id === 'pro-rope',
    ) as (typeof modelCases)[number];
    const specs = parameterSpecs(config);
    const weights = toHostWeights(specs, randomWeights(specs, SEED));
    const batch = testBatch(config, { seqLen: SEQ_LEN, seqStart: [0, 8], seed: SEED });
    const pruned = { ...config, logPruningTolerance: -10 };
    // The first run makes the rotation table that the device keeps.
    await runOnDevice(device(), pruned, weights, batch);
    const live = device().memory.liveTensors;
    await runOnDevice(device(), pruned, weights, batch);
    expect(device().memory.liveTensors).toBe(live);
  });

  test('gives the same bits whatever memory held before', async () => {
    const { config } = modelCases.find(({ id }) => id === 'pro') as (typeof modelCases)[number];
    const specs = parameterSpecs(config);
    const batch = testBatch(config, { seqLen: SEQ_LEN, seqStart: [0, 8], seed: SEED });
    await underTwoFills(device(), async () => {
      const weights = toHostWeights(specs, randomWeights(specs, SEED));
      const pruned = { ...config, logPruningTolerance: -10 };
      const { loss, grads, lossPerToken } = await runOnDevice(device(), pruned, weights, batch);
      return { loss: Float32Array.of(loss), lossPerToken, ...grads };
    });
  });
});
