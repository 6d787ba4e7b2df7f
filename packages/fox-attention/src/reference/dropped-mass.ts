// What pruning costs in f64: the share of each row's weight that it drops.

import type { AttentionDims } from '../dims.ts';
import { forEachRow, type ReferenceInputs } from './rows.ts';

/**
 * The share of each row's weight that it would give to keys before `firstKeys` [B, H, M] if it dropped none: [B, H, M], 0…1.
 * `inputs` says which keys a row may see; certified pruning promises at most ε.
 */
export function referenceDroppedMass(
  dims: AttentionDims,
  inputs: ReferenceInputs,
  firstKeys: ArrayLike<number>,
): Float64Array {
  const mass = new Float64Array(dims.batch * dims.numHeads * dims.queryLen);
  forEachRow(dims, inputs, ({ index, start, weights }) => {
    const dropped = weights.slice(0, Math.max(0, firstKeys[index]! - start));
    mass[index] = dropped.reduce((sum, weight) => sum + weight, 0);
  });
  return mass;
}
