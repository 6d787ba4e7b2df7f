// Floating-point operations and bytes of a training step. Pure.

import { blockCost } from '@vulpes/acp-scheduler';
import { type FoxConfig, getHeadDim, parameterSpecs } from '@vulpes/lm-models';
import type { BlockSizes } from '@vulpes/wgsl-kernels';
import { headShape, layerShapes, linearCosts } from '../linear-costs.ts';

const F32_BYTES = 4;
/** A linear layer multiplies three times: forward, gradient of its input, gradient of its weight. */
const PRODUCTS = 3;
/** Reads and writes of a parameter by the optimizer: parameter, m, v read and written, gradient read twice (norm, update). */
const OPTIMIZER_ACCESSES = 8;

export function stepCosts(
  config: FoxConfig,
  tokens: number,
  { keptBlocks, blocks }: { readonly keptBlocks: number; readonly blocks: BlockSizes },
): { flops: number; bytes: number } {
  const block = blockCost({ headDim: getHeadDim(config), blocks });
  const linear = linearCosts([...layerShapes(config), headShape(config)], tokens);
  const parameters = parameterSpecs(config).reduce(
    (sum, { shape }) => sum + shape.reduce((size, dim) => size * dim, 1),
    0,
  );
  return {
    flops: PRODUCTS * linear.flops + keptBlocks * (block.forwardFlops + block.backwardFlops),
    bytes:
      PRODUCTS * linear.bytes +
      OPTIMIZER_ACCESSES * F32_BYTES * parameters +
      keptBlocks * (block.forwardBytes + block.backwardBytes),
  };
}

/** Blocks of dense attention over all layers and heads. */
export function countCausalBlocks(
  { numHiddenLayers, numHeads }: FoxConfig,
  { batch, seqLen, blocks }: { batch: number; seqLen: number; blocks: BlockSizes },
): number {
  let perHead = 0;
  for (let first = 0; first < seqLen; first += blocks.blockM) {
    perHead += Math.ceil(Math.min(first + blocks.blockM, seqLen) / blocks.blockN);
  }
  return batch * numHiddenLayers * numHeads * perHead;
}
