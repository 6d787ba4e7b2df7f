// The f64 reference of a training step: its loss, the norm of its gradient, and what AdamW makes of parameters and moments.

import { type Model, type ParameterSpec, type Params, packedParameters } from '@vulpes/lm-models';
import { referenceBatch } from '@vulpes/lm-models/reference';
import {
  disposeAll,
  type HostArray,
  shapeSize,
  type Tensor,
  valueAndGrad,
} from '@vulpes/tensor-core';
import {
  ADAMW,
  readStep,
  type TokenBatch,
  type TrainedState,
  type TrainStepResult,
} from '@vulpes/training';
import { referenceAdamwStep, referenceClipCoefficient } from '@vulpes/wgsl-kernels/reference';
import type { Expectations } from '../../case.ts';
import { chooseDirections, type Floats, length, referenceSlope, slopesAlong } from './slopes.ts';

/**
 * Loss, gradient norm and slopes within single tensors against f64, in f32 and in mixed precision. The reference's norm is a central
 * difference along the gradient: its own error is about 1e-5. Slopes were measured 1e-6 in f32, with what pruning drops.
 */
const BOUNDS = {
  f32: { loss: 1e-5, gradNorm: 1e-3, grads: 2e-5 },
  f16: { loss: 2e-3, gradNorm: 1e-2, grads: 1e-2 },
};
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
 * Takes the next step from `state`, and tells what it must give. Loss by the f64 reference; the norm of the gradient as the slope of
 * the reference's loss along the direction that the device calls the gradient, and for each tensor the slope along a direction within
 * it: a gradient that leaves some out has the right slope along itself. With that gradient, parameters and moments after an f64 AdamW.
 * @param record - records the step
 */
export async function checkStep(
  model: Model,
  state: TrainedState,
  { tokens, settings }: { tokens: TokenBatch; settings: UpdateSettings },
  record: () => TrainStepResult,
): Promise<Expectations> {
  const before = await readState(state);
  const grads = await gradients(model, state, tokens);
  const lossAt = (at: Floats): number => referenceLoss(model, at, tokens);
  const norm = Math.hypot(...Object.values(grads).map(length));
  const directions = chooseDirections(grads);
  const slopes = Object.entries(directions).map(([name, direction]) =>
    referenceSlope(before.params, { [name]: direction }, lossAt),
  );
  const slope = referenceSlope(before.params, grads, lossAt, STEP) / norm;
  const bounds = BOUNDS[model.compute];
  const specs = model.parameterSpecs().filter(({ trainable }) => trainable);
  const expected = updated(specs, before, { grads, norm, settings });
  const { loss, gradNorm } = await readStep(record(), model.config.numHeads);
  const after = await readState(state);
  const join = (role: Role, bound: number) => ({
    values: expected[role],
    actual: specs.flatMap(({ name }) => Array.from(after[role][name] ?? [])),
    bound,
  });
  return {
    loss: { values: [lossAt(before.params)], actual: [loss], bound: bounds.loss },
    gradNorm: { values: [slope], actual: [gradNorm], bound: bounds.gradNorm },
    grads: { values: slopes, actual: slopesAlong(grads, directions), bound: bounds.grads },
    params: join('params', PARAMS_BOUND),
    m: join('m', MOMENTS_BOUND),
    v: join('v', MOMENTS_BOUND),
  };
}

type Role = 'params' | 'm' | 'v';

/** AdamW in f64 over all parameters, clipped by the norm of all gradients; parameters and moments as one array each. */
function updated(
  specs: readonly ParameterSpec[],
  before: Readonly<Record<Role, Floats>>,
  of: { readonly grads: Floats; readonly norm: number; readonly settings: UpdateSettings },
): Record<Role, number[]> {
  const { maxGradNorm, weightDecay, ...settings } = of.settings;
  const clip = referenceClipCoefficient(of.norm, maxGradNorm);
  const after = { params: [] as number[], m: [] as number[], v: [] as number[] };
  for (const { name, weightDecay: decays } of specs) {
    const copy = (from: Floats) => Float64Array.from(from[name] as ArrayLike<number>);
    const state = { param: copy(before.params), m: copy(before.m), v: copy(before.v) };
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

/** As the step computes them, with its loss scale. */
async function gradients(
  model: Model,
  { computeParams, learned, control }: TrainedState,
  { inputs, labels, shape }: TokenBatch,
): Promise<Floats> {
  const { device } = model;
  const [lossScale] = (await control.data()) as Float32Array;
  const batch = { inputIds: device.tensor(inputs, shape), labels: device.tensor(labels, shape) };
  const lossOf = (params: Params) => ({
    loss: model.loss({ ...computeParams, ...params }, batch).loss,
  });
  const step = valueAndGrad(device, lossOf, { seed: lossScale as number });
  const grads = device.scope(() => step(learned).grads);
  const values = await read(grads);
  disposeAll([grads, batch]);
  const unscale = (scaled: ArrayLike<number>) =>
    Float32Array.from(scaled, (value) => value / (lossScale as number));
  const unscaled = Object.entries(values).map(([name, at]) => [name, unscale(at)] as const);
  return unpacked(model, Object.fromEntries(unscaled));
}

/** By official names: matrices that a step differentiates as one are cut into their parts. */
function unpacked({ config }: Model, gradients: Record<string, Float32Array>): Floats {
  const all = { ...gradients };
  for (const { name: whole, parts } of packedParameters(config)) {
    let offset = 0;
    for (const { name, shape } of parts) {
      const size = shapeSize(shape);
      all[name] = (all[whole] as Float32Array).subarray(offset, offset + size);
      offset += size;
    }
    delete all[whole];
  }
  return all;
}

const readState = async ({ params, m, v }: TrainedState): Promise<Record<Role, Floats>> => ({
  params: await read(params),
  m: await read(m.tensors),
  v: await read(v.tensors),
});

async function read(tensors: Readonly<Record<string, Tensor>>): Promise<Floats> {
  const [names, all] = [Object.keys(tensors), Object.values(tensors)];
  const values = (await all[0]?.device.read(all)) ?? [];
  return Object.fromEntries(names.map((name, index) => [name, values[index] as HostArray]));
}
