// A model's parameters by their official names, and readers of those below a part of a name.

import { ArgumentError, type Tensor } from '@vulpes/tensor-core';

/** Official parameter name to tensor. */
export type Params = Record<string, Tensor>;

/** Gives a parameter by the part of its name that follows the layer's own. */
export type ParamReader = (name: string) => Tensor;

/** Reads parameters below a prefix, e.g. `model.layers.0`. @throws ArgumentError for a name that is not there. */
export function paramsBelow(params: Params, prefix: string): ParamReader {
  return (name) => {
    const tensor = params[`${prefix}.${name}`];
    if (tensor) return tensor;
    throw new ArgumentError(
      `model: expected a parameter ${prefix}.${name}, got none. Pass params of this model: model.init(seed) or model.upload(weights).`,
    );
  };
}

/** The same reader, one level further down: `readerBelow(layer, 'attn')('q_proj.weight')`. */
export const readerBelow =
  (param: ParamReader, part: string): ParamReader =>
  (name) =>
    param(`${part}.${name}`);
