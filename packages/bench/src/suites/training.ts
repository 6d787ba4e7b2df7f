// One training step of a small FoX (Pro): forward, backward, clip and AdamW in one submit; dense and pruned.

import { createModel, foxPreset, type Model, naiveBatch, type Params } from '@vulpes/lm-models';
import {
  CounterRng,
  type Device,
  type DeviceCaps,
  type Tensor,
  valueAndGrad,
} from '@vulpes/tensor-core';
import { createAdamWState, createTrainStep, type TokenBatch } from '@vulpes/training';
import type { BenchCase, Dims, Expectations, Variant, Workload } from '../case.ts';

/** 0: AdamW does its work, and every run starts from the same parameters. */
const LEARNING_RATE = 0;
/** Loss and gradient norm of a whole model in f32 against f64. */
const LOSS_BOUND = 1e-5;
/** The twin's norm is a central difference along the gradient: its own error is about 1e-5. */
const GRAD_NORM_BOUND = 1e-3;
/** Length of that difference in parameter space. */
const STEP = 1e-3;

export function trainingSuite(caps: DeviceCaps): BenchCase[] {
  return [
    {
      suite: 'training',
      op: 'train-step',
      mode: 'step',
      dims: caps.isSoftware ? { B: 1, T: 512, layers: 2 } : { B: 4, T: 4096, layers: 4 },
      gateDims: { B: 2, T: 40, layers: 1 },
      inputs: 'FoX (Pro), 128 wide, 4 heads, bytes; fresh weights of seed 0, random tokens',
      variants: [variant('dense', null), variant('pruned', -10)],
    },
  ];
}

const variant = (name: string, logPruningTolerance: number | null): Variant => ({
  name,
  build: (device, dims) => workload(device, dims, logPruningTolerance),
});

function workload(device: Device, dims: Dims, logPruningTolerance: number | null): Workload {
  const { B: batch = 1, T: seqLen = 1, layers = 1 } = dims;
  const config = foxPreset('pro-tiny', { numHiddenLayers: layers, logPruningTolerance });
  const model = createModel(config, device);
  const specs = model.parameterSpecs();
  const params = model.init(0);
  const optimizer = createAdamWState(device, specs);
  const step = createTrainStep(
    device,
    { model, params, optimizer },
    { weightDecay: 0.1, maxGradNorm: 1 },
  );
  const tokens = randomTokens(batch, seqLen, config.vocabSize);
  let update = 0;
  return {
    run() {
      update++;
      const { losses, gradNorm } = step({
        microBatches: [tokens],
        learningRate: LEARNING_RATE,
        update,
      });
      return { loss: losses[0] as Tensor, gradNorm };
    },
    expected: () => twin(model, tokens),
    async counts() {
      const counts = device.scope(() =>
        step({ microBatches: [tokens], learningRate: 0, update: ++update }),
      );
      const blocks = await sumCounts(counts.pruningCounts.flat());
      for (const tensor of [...counts.losses, counts.gradNorm]) tensor.dispose();
      const parameters = specs.reduce(
        (sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1),
        0,
      );
      return {
        // 6 FLOPs a parameter and token (2 forward, 4 backward), the embedding apart; attention is not in it.
        flops: 6 * (parameters - config.vocabSize * config.hiddenSize) * batch * seqLen,
        // AdamW alone: parameter, m and v read and written, the gradient read.
        bytes: 7 * 4 * parameters,
        ...blocks,
      };
    },
    dispose() {
      for (const tensors of [params, optimizer.m, optimizer.v]) {
        for (const tensor of Object.values(tensors)) tensor.dispose();
      }
    },
  };
}

function randomTokens(batch: number, seqLen: number, vocabSize: number): TokenBatch {
  const rng = new CounterRng(7);
  const draw = () => Int32Array.from({ length: batch * seqLen }, () => rng.below(vocabSize));
  return { inputs: draw(), labels: draw(), shape: [batch, seqLen] };
}

async function sumCounts(
  counts: readonly Tensor[],
): Promise<{ keptBlocks?: number; causalBlocks?: number }> {
  if (counts.length === 0) return {};
  let [keptBlocks, causalBlocks] = [0, 0];
  for (const tensor of counts) {
    const numbers = await tensor.data();
    numbers.forEach((count, index) => {
      if (index % 2 === 0) keptBlocks += count;
      else causalBlocks += count;
    });
    tensor.dispose();
  }
  return { keptBlocks, causalBlocks };
}

/**
 * Loss by the f64 twin; and the norm of the gradient as the slope of the twin's loss along the direction
 * that the device calls the gradient: it is the norm only if that direction is right.
 */
async function twin(model: Model, { inputs, labels, shape }: TokenBatch): Promise<Expectations> {
  const { weights, grads } = await weightsAndGradients(model, { inputs, labels, shape });
  const names = Object.keys(grads);
  const norm = Math.sqrt(names.reduce((sum, name) => sum + squares(grads[name] as Floats), 0));
  const lossAt = (distance: number): number => {
    const moved = Object.fromEntries(
      Object.entries(weights).map(([name, values]) => {
        const grad = grads[name];
        const value = (i: number) => (values[i] as number) + (distance * (grad?.[i] ?? 0)) / norm;
        return [name, Float64Array.from({ length: values.length }, (_, i) => value(i))];
      }),
    );
    const seqStart = new Array<number>(shape[0]).fill(0);
    return naiveBatch(model.config, moved, { inputIds: inputs, labels, seqStart }).loss;
  };
  const slope = (lossAt(STEP) - lossAt(-STEP)) / (2 * STEP);
  return {
    loss: { values: [lossAt(0)], bound: LOSS_BOUND },
    gradNorm: { values: [slope], bound: GRAD_NORM_BOUND },
  };
}

type Floats = Float32Array;

const squares = (values: Floats): number => values.reduce((sum, value) => sum + value * value, 0);

/** First weights, and the device's gradient at them. */
async function weightsAndGradients(
  model: Model,
  { inputs, labels, shape }: TokenBatch,
): Promise<{ weights: Record<string, Floats>; grads: Record<string, Floats> }> {
  const { device } = model;
  const params = model.init(0);
  const batch = { inputIds: device.tensor(inputs, shape), labels: device.tensor(labels, shape) };
  const { grads } = device.scope(() => ({
    grads: valueAndGrad(device, (learned: Params) => ({
      loss: model.loss(learned, batch).loss,
    }))(params).grads,
  }));
  const result = { weights: await download(params), grads: await download(grads) };
  for (const tensors of [params, grads, batch]) {
    for (const tensor of Object.values(tensors)) tensor.dispose();
  }
  return result;
}

async function download(
  tensors: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Floats>> {
  const values: Record<string, Floats> = {};
  for (const [name, tensor] of Object.entries(tensors))
    values[name] = (await tensor.data()) as Floats;
  return values;
}
