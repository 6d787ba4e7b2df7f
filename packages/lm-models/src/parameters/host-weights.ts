// Weights on the host, and their check against what a configuration asks for.

import { CheckpointError, shorten } from '@vulpes/tensor-core';
import { type SafetensorsTensor, tensorFloats } from '../safetensors/index.ts';
import type { ParameterSpec } from './parameter-spec.ts';

/** One parameter's values on the host, row-major. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Official parameter name to values. */
export type HostWeights = Record<string, HostTensor>;

/** Anything that has a shape: a host tensor, a tensor of a file, a tensor on the device. */
interface Shaped {
  readonly shape: readonly number[];
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dim, axis) => dim === b[axis]);

/** At most this many tensors of one kind are named in a message. */
const MAX_NAMED = 8;

/**
 * Compares names and shapes with the specs and reports all differences at once.
 * @param ignored - names that may be there without being asked for.
 * @throws CheckpointError naming each missing, unexpected and mis-shaped tensor, with expected and got.
 */
export function checkWeights(
  specs: readonly ParameterSpec[],
  weights: ReadonlyMap<string, Shaped>,
  { source, ignored = [] }: { source: string; ignored?: readonly string[] },
): void {
  const known = new Set([...specs.map(({ name }) => name), ...ignored]);
  const missing: string[] = [];
  const misshaped: string[] = [];
  for (const { name, shape } of specs) {
    const got = weights.get(name);
    if (!got) missing.push(`${name} [${shape.join(', ')}]`);
    else if (!sameShape(got.shape, shape)) {
      misshaped.push(
        `${name}: expected [${shape.join(', ')}], got [${shorten(got.shape.join(', '))}]`,
      );
    }
  }
  const unexpected = [...weights.keys()]
    .filter((name) => !known.has(name))
    .sort()
    .map((name) => shorten(name));
  const problems = [
    problem('missing', missing),
    problem('unexpected', unexpected),
    problem('wrong shape', misshaped),
  ].filter((text) => text !== '');
  if (problems.length === 0) return;
  throw new CheckpointError(
    `${source}: the weights do not fit the configuration: ${problems.join('. ')}. Check that both belong to the same model.`,
  );
}

function problem(kind: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  const more = items.length > MAX_NAMED ? `; and ${items.length - MAX_NAMED} more` : '';
  return `${items.length} ${kind}: ${items.slice(0, MAX_NAMED).join('; ')}${more}`;
}

/** f32 values of the tensors that the specs name, after the check. */
export function hostWeights(
  specs: readonly ParameterSpec[],
  tensors: ReadonlyMap<string, SafetensorsTensor>,
  source: string,
): HostWeights {
  const weights: HostWeights = {};
  for (const { name, shape } of specs) {
    const tensor = tensors.get(name);
    if (tensor) weights[name] = { shape, data: tensorFloats(tensor, `${source}: tensor ${name}`) };
  }
  return weights;
}
