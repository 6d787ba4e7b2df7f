// The f64 reference of a training step: its loss, the norm of its gradient, and what AdamW makes of parameters and moments.

import type { Model, ParameterSpec, Params } from '@vulpes/lm-models';
import { referenceBatch } from '@vulpes/lm-models/reference';
import { type HostArray, type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import {
  ADAMW,
  disposeResult,
  type TokenBatch,
  type TrainedState,
  type TrainStepResult,
} from '@vulpes/training';
import { STEP_CONTROL } from '@vulpes/wgsl-kernels';
import { referenceAdamwStep, referenceClipCoefficient } from '@vulpes/wgsl-kernels/reference';
import type { Expectations } from '../../case.ts';
import { chooseDirections, type Floats, length, referenceSlope, slopesAlong } from './slopes.ts';

/** Loss and gradient norm of a whole model in f32 against f64. */
const LOSS_BOUND = 1e-5;
/** The reference's norm is a central difference along the gradient: its own error is about 1e-5. */
const GRAD_NORM_BOUND = 1e-3;
/** Slopes within single tensors, measured 1e-6 with what pruning drops. */
const GRADS_BOUND = 2e-5;
/** Parameters are a few roundings of f32 away; a hundredth of the update would be 1e-3 away. */
const PARAMS_BOUND = 1e-6;
const MOMENTS_BOUND = 1e-5;
/** Length of that difference in parameter space. */
const STEP = 1e-3;

export interface UpdateSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  /** 1 for the first update. */
  readonly step: number;
}

/**
 * The next step from `state`. Loss by the f64 reference; the norm of the gradient as the slope of the reference's loss along the
 * direction that the device calls the gradient, and for each tensor the slope along a direction within it: a gradient that
 * leaves some out has the right slope along itself. With that gradient, parameters and moments after an f64 AdamW, one array each.
 */
export async function referenceStep(
  model: Model,
  { params, m, v }: TrainedState,
  { tokens, settings }: { tokens: TokenBatch; settings: UpdateSettings },
): Promise<Expectations> {
  const weights = await download(params);
  const grads = await gradients(model, params, tokens);
  const lossAt = (at: Floats): number => referenceLoss(model, at, tokens);
  const norm = Math.hypot(...Object.values(grads).map(length));
  const slope = referenceSlope(weights, grads, lossAt, STEP) / norm;
  const before = { weights, m: await download(m.tensors), v: await download(v.tensors) };
  const slopes = Object.entries(chooseDirections(grads)).map(([name, direction]) =>
    referenceSlope(weights, { [name]: direction }, lossAt),
  );
  const after = updated(trainableSpecs(model), before, { grads, norm, settings });
  return {
    loss: { values: [lossAt(weights)], bound: LOSS_BOUND },
    gradNorm: { values: [slope], bound: GRAD_NORM_BOUND },
    grads: { values: slopes, bound: GRADS_BOUND },
    params: { values: after.params, bound: PARAMS_BOUND },
    m: { values: after.m, bound: MOMENTS_BOUND },
    v: { values: after.v, bound: MOMENTS_BOUND },
  };
}

/** Records a step of `state` and reads what it left: loss and norm, the slopes of `referenceStep`, and parameters and moments as one array each. */
export async function readStep(
  model: Model,
  { params, m, v }: TrainedState,
  tokens: TokenBatch,
  record: () => TrainStepResult,
): Promise<Record<string, HostArray>> {
  const before = await gradients(model, params, tokens);
  const grads = Float32Array.from(slopesAlong(before, chooseDirections(before)));
  const result = record();
  const [loss, control] = await model.device.read([result.losses[0] as Tensor, result.control]);
  disposeResult(result);
  const gradNorm = Float32Array.of(control?.[STEP_CONTROL.gradNorm] as number);
  const joined: Record<string, HostArray> = {};
  for (const [name, tensors] of Object.entries({ params, m: m.tensors, v: v.tensors })) {
    const values = await download(tensors);
    joined[name] = Float32Array.from(
      trainableSpecs(model).flatMap((spec) => Array.from(values[spec.name] ?? [])),
    );
  }
  return { loss: loss as HostArray, gradNorm, grads, ...joined };
}

const trainableSpecs = (model: Model): ParameterSpec[] =>
  model.parameterSpecs().filter(({ trainable }) => trainable);

/** AdamW in f64 over all parameters, clipped by the norm of all gradients. */
function updated(
  specs: readonly ParameterSpec[],
  before: { readonly weights: Floats; readonly m: Floats; readonly v: Floats },
  of: { readonly grads: Floats; readonly norm: number; readonly settings: UpdateSettings },
): Record<'params' | 'm' | 'v', number[]> {
  const { maxGradNorm, weightDecay, ...settings } = of.settings;
  const clip = referenceClipCoefficient(of.norm, maxGradNorm);
  const after = { params: [] as number[], m: [] as number[], v: [] as number[] };
  for (const { name, weightDecay: decays } of specs) {
    const copy = (from: Floats) => Float64Array.from(from[name] as ArrayLike<number>);
    const state = { param: copy(before.weights), m: copy(before.m), v: copy(before.v) };
    const adamw = { ...ADAMW, ...settings, weightDecay: decays ? weightDecay : 0 };
    referenceAdamwStep(state, of.grads[name] as ArrayLike<number>, adamw, clip);
    for (const value of state.param) after.params.push(value);
    for (const value of state.m) after.m.push(value);
    for (const value of state.v) after.v.push(value);
  }
  return after;
}

const referenceLoss = (
  model: Model,
  weights: Floats,
  { inputs, labels, shape }: TokenBatch,
): number =>
  referenceBatch(model.config, weights, {
    inputIds: inputs,
    labels,
    seqStart: new Array<number>(shape[0]).fill(0),
  }).loss;

async function gradients(
  model: Model,
  params: Params,
  { inputs, labels, shape }: TokenBatch,
): Promise<Floats> {
  const { device } = model;
  const batch = { inputIds: device.tensor(inputs, shape), labels: device.tensor(labels, shape) };
  const step = valueAndGrad(device, (learned: Params) => ({
    loss: model.loss(learned, batch).loss,
  }));
  const grads = device.scope(() => step(params).grads);
  const values = await download(grads);
  for (const tensor of [...Object.values(grads), ...Object.values(batch)]) tensor.dispose();
  return values;
}

async function download(
  tensors: Readonly<Record<string, Tensor>>,
): Promise<Record<string, HostArray>> {
  const values: Record<string, HostArray> = {};
  for (const [name, tensor] of Object.entries(tensors)) values[name] = await tensor.data();
  return values;
}
