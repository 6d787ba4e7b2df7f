// What an update changes: weights, AdamW's moments, step control. Each role lies in an arena.

import { type ComputeDType, type ParameterSpec, packedParameters } from '@vulpes/lm-models';
import {
  type Arena,
  type ArenaEntry,
  createArena,
  disposeAll,
  type Tensor,
} from '@vulpes/tensor-core';
import { castInto, initialStepState } from '@vulpes/wgsl-kernels';
import type { Model, Params } from './model.ts';

export interface TrainedState {
  /** All parameters by official name, f32: parts of `weights`, and the few that are not trained. */
  readonly params: Params;
  readonly weights: Arena;
  /** Mixed precision: f16 copies of `weights`, written by each update; null in f32. */
  readonly halves: Arena | null;
  /** What the model reads: `params`, or the copies in place of the matrices. */
  readonly computeParams: Params;
  /** What a step differentiates: of `computeParams` those that are trained, and packed matrices in place of their parts. */
  readonly learned: Params;
  /** AdamW's running means of gradients (m) and of their squares (v). */
  readonly m: Arena;
  readonly v: Arena;
  /** Loss scale, good steps since it moved, skipped updates, 0: f32 [4], see `stepControl`. */
  readonly control: Tensor;
}

/** Before the first update. In mixed precision it lifts the gradients of f16 activations out of what f16 rounds to 0. */
export const getFirstLossScale = (compute: ComputeDType): number =>
  compute === 'f16' ? 2 ** 16 : 1;

/**
 * Everything 0 but the loss scale; owned by the caller.
 * Fill it: `model.init(seed, state.params)` or `model.upload(…)`, then `copyToHalves(state)`.
 */
export function allocateState(model: Model): TrainedState {
  const { device } = model;
  const specs = model.parameterSpecs();
  const entries = arenaEntries(model);
  const weights = createArena(device, entries, { label: 'weights' });
  const fixed = specs
    .filter((spec) => !spec.trainable)
    .map(({ name, shape }) => [name, device.keep(device.zeros(shape, { label: name }))]);
  const params: Params = { ...weights.tensors, ...Object.fromEntries(fixed) };
  const halves =
    model.compute === 'f16'
      ? createArena(device, entries, { label: 'halves', dtype: 'f16' })
      : null;
  const computeParams = halves ? model.toCompute(params, halves.tensors) : params;
  const lossScale = getFirstLossScale(model.compute);
  return {
    params,
    weights,
    halves,
    computeParams,
    learned: toLearned(entries, { ...computeParams, ...(halves ?? weights).wholes }),
    m: createArena(device, entries, { label: 'm' }),
    v: createArena(device, entries, { label: 'v' }),
    control: device.keep(
      device.tensor(initialStepState({ lossScale }), [4], { label: 'step state' }),
    ),
  };
}

/** Writes the f16 copies anew, where there are any: after `params` were filled by anything but an update. */
export function copyToHalves({ weights, halves }: TrainedState): void {
  halves?.slabs.forEach((half, slab) => {
    castInto(weights.slabs[slab] as Tensor, half);
  });
}

/** An entry of the arenas of a model: a parameter, or a packed matrix. */
export interface TrainedEntry extends ArenaEntry {
  readonly weightDecay: boolean;
}

/** What the arenas of each role hold, in the order of the forward pass: packed matrices stand where their first part stood. */
export function arenaEntries({ config, parameterSpecs }: Model): TrainedEntry[] {
  const packed = packedParameters(config);
  const wholes = new Map(packed.map((whole) => [whole.parts[0]?.name, whole]));
  const parts = new Set(packed.flatMap((whole) => whole.parts.map(({ name }) => name)));
  return trainable(parameterSpecs()).flatMap((spec): TrainedEntry[] => {
    const whole = wholes.get(spec.name);
    // Parts are matrices all.
    if (whole) return [{ ...whole, weightDecay: true }];
    return parts.has(spec.name) ? [] : [spec];
  });
}

const toLearned = (entries: readonly TrainedEntry[], tensors: Params): Params =>
  Object.fromEntries(entries.map(({ name }) => [name, tensors[name] as Tensor]));

/** Frees all of it, or all but the parameters, which are handed on. */
export function disposeState(
  { params, weights, halves, m, v, control }: TrainedState,
  { keepParams = false } = {},
): void {
  disposeAll([...weights.slabs, ...Object.values(weights.wholes), control]);
  halves?.dispose();
  m.dispose();
  v.dispose();
  if (!keepParams) disposeAll(params);
}

export const trainable = (specs: readonly ParameterSpec[]): ParameterSpec[] =>
  specs.filter((spec) => spec.trainable);
