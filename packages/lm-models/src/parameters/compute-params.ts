// What a model in mixed precision reads of its parameters: f16 copies of the matrices, everything else as it is.

import type { FoxConfig } from '../config/config.ts';
import { parameterSpecs } from './parameter-specs.ts';
import type { Params } from './params.ts';

const TABLE = 'model.embeddings.weight';

/** Names of the parameters that are read as f16: the factors of products. A table that is not the output head, too, is only looked up. */
export function halfParameterNames(config: FoxConfig): string[] {
  return parameterSpecs(config)
    .filter(({ name, shape }) => shape.length === 2 && (name !== TABLE || config.tieWordEmbeddings))
    .map(({ name }) => name);
}

/** `params` with the f16 copies of `halves` in place of the matrices. */
export function withHalves(config: FoxConfig, params: Params, halves: Readonly<Params>): Params {
  const names = halfParameterNames(config);
  return { ...params, ...Object.fromEntries(names.map((name) => [name, halves[name]])) } as Params;
}
