// The model on the device against its naive twin: every option, padding, pruning, all gradients.

import { type Device, type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import { expectMatch, underTwoFills } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import type { FoxConfig } from './config.ts';
import type { HostWeights } from './folder/weights.ts';
import type { Params } from './layers/context.ts';
import { modelCases } from './model.cases.ts';
import { createModel, type LossInputs } from './model.ts';
import { naiveBatch } from './naive/batch.ts';
import { directionalDerivatives, directionalError, hostOf, testBatch } from './naive/check.ts';
import { randomWeights } from './naive/random-weights.ts';
import { parameterSpecs } from './parameters/parameter-specs.ts';

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
    seqStart: keep(device.tensor(Int32Array.from(batch.seqStart), [BATCH])),
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

/** Rows of tokens that are not padding, [B, T, width] -> [valid tokens, width] */
function validRows<A extends Float32Array | Float64Array>(
  values: A,
  seqStart: readonly number[],
): number[] {
  const width = values.length / seqStart.length / SEQ_LEN;
  return seqStart.flatMap((start, b) => [
    ...values.subarray((b * SEQ_LEN + start) * width, (b + 1) * SEQ_LEN * width),
  ]);
}

/** Runs on one device with the package's other suites: compiling the kernels takes longer than running them. */
export function modelSuite(device: () => Device): void {
  describe.each(modelCases)('$id', ({ config }) => {
    const specs = parameterSpecs(config);
    const weights = randomWeights(specs, SEED);
    const known = new Map<string, Record<string, number>>();
    /** The same for a dense and a pruned model, so taken once for each padding. */
    const derivativesOf = (seqStart: readonly number[], batch: ReturnType<typeof testBatch>) => {
      const key = seqStart.join();
      const derivatives = known.get(key) ?? directionalDerivatives(config, weights, batch);
      known.set(key, derivatives);
      return derivatives;
    };

    test.each([
      ['dense', null, [0, 0]],
      ['dense, left-padded', null, [0, 8]],
      ['pruned at log ε = −10, left-padded', -10, [0, 8]],
    ] as const)('%s', async (_name, logPruningTolerance, seqStart) => {
      const batch = testBatch(config, { seqLen: SEQ_LEN, seqStart, seed: SEED });
      const expected = naiveBatch(config, weights, batch);
      const actual = await runOnDevice(
        device(),
        { ...config, logPruningTolerance },
        hostOf(specs, weights),
        batch,
      );
      expectMatch('loss', [actual.loss], [expected.loss], 1e-6);
      expectMatch('loss per token', actual.lossPerToken, expected.lossPerToken, 1e-5);
      const [logits, twin] = [actual.logits, expected.logits].map((all) =>
        validRows(all, seqStart),
      );
      expectMatch('logits', logits as number[], twin as number[], 1e-5);
      for (const [name, derivative] of Object.entries(derivativesOf(seqStart, batch))) {
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
    const weights = hostOf(specs, randomWeights(specs, SEED));
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
      const weights = hostOf(specs, randomWeights(specs, SEED));
      const pruned = { ...config, logPruningTolerance: -10 };
      const { loss, grads, lossPerToken } = await runOnDevice(device(), pruned, weights, batch);
      return { loss: Float32Array.of(loss), lossPerToken, ...grads };
    });
  });
}
