// Parameters between host and device.

import type { Device } from '@vulpes/tensor-core';
import { checkWeights, type HostWeights } from './host-weights.ts';
import type { ParameterSpec } from './parameter-spec.ts';
import type { Params } from './params.ts';

/** Tensors of all parameters, from values on the host. */
export function toParams(
  device: Device,
  specs: readonly ParameterSpec[],
  values: (spec: ParameterSpec) => Float32Array,
): Params {
  return Object.fromEntries(
    specs.map((spec) => [spec.name, device.tensor(values(spec), spec.shape, { label: spec.name })]),
  );
}

/** All parameters back on the host. @throws CheckpointError where they do not fit */
export async function toHost(
  params: Params,
  specs: readonly ParameterSpec[],
): Promise<HostWeights> {
  checkWeights(specs, new Map(Object.entries(params)), { source: 'model.download' });
  const weights: HostWeights = {};
  for (const { name, shape } of specs) {
    const data = (await params[name]?.data()) as Float32Array;
    weights[name] = { shape, data };
  }
  return weights;
}
