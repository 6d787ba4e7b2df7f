// What an update changes: weights, AdamW's moments, step control. Each role lies in an arena.

import type { ParameterSpec } from '@vulpes/lm-models';
import { type Arena, createArena, disposeAll, type Tensor } from '@vulpes/tensor-core';
import { initialStepState } from '@vulpes/wgsl-kernels';
import type { Model, Params } from './model.ts';

export interface TrainedState {
  /** All parameters by official name: parts of `weights`, and the few that are not trained. */
  readonly params: Params;
  readonly weights: Arena;
  /** AdamW's running means of gradients (m) and of their squares (v). */
  readonly m: Arena;
  readonly v: Arena;
  /** Loss scale, good steps since it moved, skipped updates, 0: f32 [4], see `stepControl`. */
  readonly control: Tensor;
}

/** Everything 0 but the loss scale, 1; owned by the caller. Fill it: `model.init(seed, state.params)`, or `model.upload(…)`. */
export function allocateState(model: Model): TrainedState {
  const { device } = model;
  const specs = model.parameterSpecs();
  const learned = trainable(specs);
  const weights = createArena(device, learned, { label: 'weights' });
  const fixed = specs
    .filter((spec) => !spec.trainable)
    .map(({ name, shape }) => [name, device.keep(device.zeros(shape, { label: name }))]);
  return {
    params: { ...weights.tensors, ...Object.fromEntries(fixed) },
    weights,
    m: createArena(device, learned, { label: 'm' }),
    v: createArena(device, learned, { label: 'v' }),
    control: device.keep(device.tensor(initialStepState(), [4], { label: 'step state' })),
  };
}

/** Frees all of it, or all but the parameters, which are handed on. */
export function disposeState(
  { params, weights, m, v, control }: TrainedState,
  { keepParams = false } = {},
): void {
  disposeAll([...weights.slabs, control]);
  m.dispose();
  v.dispose();
  if (!keepParams) disposeAll(params);
}

export const trainable = (specs: readonly ParameterSpec[]): ParameterSpec[] =>
  specs.filter((spec) => spec.trainable);
