// AdamW's state, and which parameters it treats how (the official groups).

import type { ParameterSpec } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import type { Params } from './model.ts';

/** Running means of gradients (m) and of their squares (v), by parameter name. */
export interface AdamWState {
  readonly m: Params;
  readonly v: Params;
}

/** Zeros for every trainable parameter; owned by the caller. */
export function createAdamWState(device: Device, specs: readonly ParameterSpec[]): AdamWState {
  const zeros = (prefix: string): Params =>
    Object.fromEntries(
      trainable(specs).map(({ name, shape }) => [
        name,
        device.zeros(shape, { label: `${prefix}.${name}` }),
      ]),
    );
  return { m: zeros('m'), v: zeros('v') };
}

export const trainable = (specs: readonly ParameterSpec[]): ParameterSpec[] =>
  specs.filter((spec) => spec.trainable);
