// Parameters between host and device.

import type { Device } from '@vulpes/tensor-core';
import { checkWeights, type HostWeights } from './host-weights.ts';
import type { ParameterSpec } from './parameter-spec.ts';
import type { Params } from './params.ts';

/**
 * Tensors of all parameters, from values on the host.
 * @param into - tensors to write into, by name; default: new ones
 * @throws ShapeError where a tensor of `into` has another size
 */
export function toParams(
  device: Device,
  specs: readonly ParameterSpec[],
  values: (spec: ParameterSpec) => Float32Array,
  into: Readonly<Params> = {},
): Params {
  return Object.fromEntries(
    specs.map((spec) => {
      const { name, shape } = spec;
      const tensor = into[name] ?? device.empty(shape, { label: name });
      device.write(tensor, values(spec));
      return [name, tensor];
    }),
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
