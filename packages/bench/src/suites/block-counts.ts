// Kept and causal blocks of attention, summed over batch, heads and layers.

import type { Tensor } from '@vulpes/tensor-core';

/** @param counts - u32 [B, H, 2] each, of `pruningCounts`; disposed of. */
export async function sumBlockCounts(
  counts: readonly Tensor[],
): Promise<{ keptBlocks: number; causalBlocks: number }> {
  let [keptBlocks, causalBlocks] = [0, 0];
  for (const tensor of counts) {
    const numbers = await tensor.data();
    numbers.forEach((count, index) => {
      if (index % 2 === 0) keptBlocks += count;
      else causalBlocks += count;
    });
    tensor.dispose();
  }
  return { keptBlocks, causalBlocks };
}
