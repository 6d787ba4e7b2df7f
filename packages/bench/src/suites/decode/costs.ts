// Floating-point operations and bytes of one more token of a text. Pure.

import { blockCost } from '@vulpes/acp-scheduler';
import { PAGE_SIZE } from '@vulpes/fox-attention';
import { type FoxConfig, getHeadDim, getNumKvHeads } from '@vulpes/lm-models';
import type { BlockSizes } from '@vulpes/wgsl-kernels';
import { headShape, layerShapes, linearCosts } from '../linear-costs.ts';

interface Costs {
  readonly flops: number;
  readonly bytes: number;
}

/** The whole text anew: every layer over all `tokens`, the output head over the last one alone. */
export function recomputeCosts(
  config: FoxConfig,
  tokens: number,
  { keptBlocks, blocks }: { readonly keptBlocks: number; readonly blocks: BlockSizes },
): Costs {
  const block = blockCost({ headDim: getHeadDim(config), blocks });
  return sum(layersAndHead(config, tokens), {
    flops: keptBlocks * block.forwardFlops,
    bytes: keptBlocks * block.forwardBytes,
  });
}

/** One token with a cache: its query heads over the pages that their key heads kept. */
export function cachedCosts(
  config: FoxConfig,
  { keptPages, keptBytes }: { readonly keptPages: number; readonly keptBytes: number },
): Costs {
  const page = { headDim: getHeadDim(config), blocks: { blockM: 1, blockN: PAGE_SIZE } };
  const queriesPerKeyHead = config.numHeads / getNumKvHeads(config);
  return sum(layersAndHead(config, 1), {
    flops: keptPages * queriesPerKeyHead * blockCost(page).forwardFlops,
    bytes: keptBytes,
  });
}

/** What is computed of every token, and of the last one: an order of size before anything has run. */
export const layersAndHead = (config: FoxConfig, tokens: number): Costs =>
  sum(linearCosts(layerShapes(config), tokens), linearCosts([headShape(config)], 1));

const sum = (a: Costs, b: Costs): Costs => ({ flops: a.flops + b.flops, bytes: a.bytes + b.bytes });
