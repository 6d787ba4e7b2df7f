// What a model in mixed precision reads of its parameters: f16 copies of the matrices, everything else as it is.

import { DTypeError } from '@vulpes/tensor-core';
import type { FoxConfig } from '../config/config.ts';
import type { ComputeDType } from '../layers/compute.ts';
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

/** @throws DTypeError naming the first parameter that a model which computes in `compute` cannot read */
export function checkComputeParams(
  config: FoxConfig,
  params: Readonly<Params>,
  compute: ComputeDType,
): void {
  const halves = new Set(compute === 'f16' ? halfParameterNames(config) : []);
  for (const { name } of parameterSpecs(config)) {
    const expected = halves.has(name) ? 'f16' : 'f32';
    const got = params[name]?.dtype ?? expected; // a missing one has an error of its own
    if (got === expected) continue;
    const remedy =
      expected === 'f16'
        ? 'Pass what model.toCompute(params) makes of the f32 parameters.'
        : 'Pass the f32 parameters themselves.';
    throw new DTypeError(
      `model with compute '${compute}': expected parameter ${name} ${expected}, got ${got}. ${remedy}`,
    );
  }
}
