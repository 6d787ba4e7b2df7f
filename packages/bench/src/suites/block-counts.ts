// Kept and causal blocks of attention, summed over batch, heads and layers.

import { disposeAll, type Tensor } from '@vulpes/tensor-core';

/** @param counts - u32 [B, H, 2] each, of `pruningCounts`; disposed of. */
export async function sumBlockCounts(counts: readonly Tensor[]) {
  const layers = (await counts[0]?.device.read(counts)) ?? [];
  disposeAll(counts);
  const numbers = layers.flatMap((layer) => Array.from(layer));
  const sum = (column: number) =>
    numbers.reduce((all, count, at) => all + (at % 2 === column ? count : 0), 0);
  return { keptBlocks: sum(0), causalBlocks: sum(1) };
}
