// Trees of tensors: a tensor, an array or a record of trees, or anything else as a leaf without tensors.

import type { Tensor } from './api.ts';
import { isTensor } from './tensor.ts';

/** All tensors in a value, in key order; other leaves are passed over. */
export function leaves(tree: unknown): Tensor[] {
  if (isTensor(tree)) return [tree];
  if (Array.isArray(tree)) return tree.flatMap(leaves);
  if (isPlainRecord(tree)) return Object.values(tree).flatMap(leaves);
  return [];
}

/** Frees all tensors in a value; those that are free already are passed over. */
export function disposeAll(tree: unknown): void {
  for (const tensor of leaves(tree)) tensor.dispose();
}

/** The same tree with each tensor replaced. */
export function mapLeaves<T>(tree: T, map: (tensor: Tensor) => Tensor): T {
  const mapAny = (value: unknown): unknown => {
    if (isTensor(value)) return map(value);
    if (Array.isArray(value)) return value.map(mapAny);
    if (!isPlainRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, mapAny(child)]));
  };
  return mapAny(tree) as T;
}

/** Same record with each tensor replaced. */
export function mapRecord<R>(
  record: Readonly<Record<string, Tensor>>,
  map: (tensor: Tensor, name: string) => R,
): Record<string, R> {
  return Object.fromEntries(
    Object.entries(record).map(([name, tensor]) => [name, map(tensor, name)]),
  );
}

function isPlainRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
