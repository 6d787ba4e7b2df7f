// Trees of tensors: a tensor, an array or a record of trees, or anything else as a leaf without tensors.

import { Tensor } from './tensor.ts';

/** All tensors in a value, in key order; other leaves are passed over. */
export function leaves(tree: unknown): Tensor[] {
  if (tree instanceof Tensor) return [tree];
  if (Array.isArray(tree)) return tree.flatMap(leaves);
  if (isPlainRecord(tree)) return Object.values(tree).flatMap(leaves);
  return [];
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
