// The f64 reference of a training step: its loss, its gradient, and what AdamW makes of the parameters.

import type { Model, ParameterSpec } from '@vulpes/lm-models';
import { referenceBatch } from '@vulpes/lm-models/reference';
import type { HostArray, Tensor } from '@vulpes/tensor-core';
import {
  ADAMW,
  readStep,
  type TokenBatch,
  type TrainedState,
  type TrainStepResult,
} from '@vulpes/training';
import { referenceAdamwStep, referenceClipCoefficient } from '@vulpes/wgsl-kernels/reference';
import type { Expectations } from '../../case.ts';
import { chooseDirection, type Floats, length, referenceSlope, slopeAlong } from './slopes.ts';

/** In f32 and in mixed precision; f32 was measured 1e-6, with what pruning drops. */
const BOUNDS = { f32: { loss: 1e-5, grads: 2e-5 }, f16: { loss: 2e-3, grads: 1e-2 } };
const NORM_BOUND = 1e-4;
/** Parameters are a few roundings of f32 away; a hundredth of the update would be 1e-3 away. */
const PARAMS_BOUND = 1e-6;

export interface UpdateSettings {
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly maxGradNorm: number;
  /** 1 for the first update. */
  readonly step: number;
}

/**
 * Takes the next step from `state`, and tells what it must give. The first moment tells the gradient that the step took, unless it clips
 * otherwise than it says: that gradient must have the slope of the f64 reference's loss along a direction through every tensor, the
 * norm that the step says, and give the parameters after an f64 AdamW.
 * @param record - records the step
 */
export async function checkStep(
  model: Model,
  state: TrainedState,
  { tokens, settings }: { tokens: TokenBatch; settings: UpdateSettings },
  record: () => TrainStepResult,
): Promise<Expectations> {
  const before = await readState(state);
  const { loss, gradNorm } = await readStep(record(), model.config.numHeads);
  const after = await readState(state);
  const specs = model.parameterSpecs().filter(({ trainable }) => trainable);
  const clip = referenceClipCoefficient(gradNorm, settings.maxGradNorm);
  const grads: Floats = Object.fromEntries(
    specs.map(({ name }) => [name, takenGradient(before.m[name]!, after.m[name]!, clip)]),
  );
  const direction = chooseDirection(grads);
  const lossAt = (at: Floats): number => referenceLoss(model, at, tokens);
  const bounds = BOUNDS[model.compute];
  const norm = Math.hypot(...Object.values(grads).map(length));
  return {
    loss: { values: [lossAt(before.params)], actual: [loss], bound: bounds.loss },
    gradNorm: { values: [norm], actual: [gradNorm], bound: NORM_BOUND },
    grads: {
      values: [referenceSlope(before.params, direction, lossAt)],
      actual: [slopeAlong(grads, direction)],
      bound: bounds.grads,
    },
    params: {
      values: specs.flatMap((spec) => updated(spec, before, { grads, clip, settings })),
      actual: specs.flatMap(({ name }) => Array.from(after.params[name] ?? [])),
      bound: PARAMS_BOUND,
    },
  };
}

/** What moved the first moment, before it was clipped. */
const takenGradient = (m: ArrayLike<number>, after: ArrayLike<number>, clip: number) =>
  Float64Array.from(
    after,
    (value, i) => (value - ADAMW.beta1 * (m[i] as number)) / ((1 - ADAMW.beta1) * clip),
  );

type Role = 'params' | 'm' | 'v';

/** A parameter after AdamW in f64. */
function updated(
  { name, weightDecay: decays }: ParameterSpec,
  before: Readonly<Record<Role, Floats>>,
  of: { readonly grads: Floats; readonly clip: number; readonly settings: UpdateSettings },
): number[] {
  const { weightDecay, maxGradNorm: _, ...settings } = of.settings;
  const copy = (role: Role) => Float64Array.from(before[role][name] as ArrayLike<number>);
  const state = { param: copy('params'), m: copy('m'), v: copy('v') };
  const adamw = { ...ADAMW, ...settings, weightDecay: decays ? weightDecay : 0 };
  referenceAdamwStep(state, of.grads[name] as ArrayLike<number>, adamw, of.clip);
  return Array.from(state.param);
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
