// What every layer of one forward pass is told.

import { ArgumentError, type Tensor } from '@vulpes/tensor-core';
import type { LayerCache } from '../cache/layer-cache.ts';
import type { FoxConfig } from '../config.ts';
import type { AttentionInputs } from './attend.ts';
import type { Spans } from './spans.ts';

/** Official parameter name to tensor. */
export type Params = Record<string, Tensor>;

/** Gives a parameter by the part of its name that follows the layer's own. */
export type ParamReader = (name: string) => Tensor;

export interface ForwardContext extends Spans {
  readonly config: FoxConfig;
  /** What this layer keeps of the text so far, where the tokens are its next chunk. */
  readonly cache?: LayerCache | undefined;
  /** Count the attention blocks that pruning keeps. */
  readonly countPruning: boolean;
  /** Told what each layer attends with, layer after layer, before it does. The tensors live as long as the scope around the forward. */
  readonly onAttention?: ((inputs: AttentionInputs, param: ParamReader) => void) | undefined;
}

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
