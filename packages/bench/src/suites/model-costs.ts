// Floating-point operations and bytes of a model's work. Pure.

import { blockCost } from '@vulpes/acp-scheduler';
import { PAGE_SIZE } from '@vulpes/fox-attention';
import {
  type FoxConfig,
  getHeadDim,
  getNumKvHeads,
  type ParameterSpec,
  parameterSpecs,
} from '@vulpes/lm-models';
import { shapeSize } from '@vulpes/tensor-core';
import type { BlockSizes } from '@vulpes/wgsl-kernels';

const F32_BYTES = 4;
/** A linear layer multiplies three times: forward, gradient of its input, gradient of its weight. */
const PRODUCTS = 3;
/** Reads and writes of a parameter by the optimizer: parameter, m, v read and written, gradient read twice (norm, update). */
const OPTIMIZER_ACCESSES = 8;

interface Costs {
  readonly flops: number;
  readonly bytes: number;
}

/** Blocks that attention keeps, over all layers and heads, and their sizes. */
interface Kept {
  readonly keptBlocks: number;
  readonly blocks: BlockSizes;
}

/** One product of `tokens` rows with each weight of the layers, [out, in]: rows and weight read once, result written once. */
function layerCosts(config: FoxConfig, tokens: number): Costs {
  const weights = parameterSpecs(config).filter(
    ({ name, shape }) => shape.length === 2 && name.startsWith('model.layers.'),
  );
  return weights
    .map(({ shape: [out = 0, into = 0] }) => productCosts(out, into, tokens))
    .reduce(add);
}

const headCosts = ({ vocabSize, hiddenSize }: FoxConfig, tokens: number): Costs =>
  productCosts(vocabSize, hiddenSize, tokens);

const productCosts = (out: number, into: number, tokens: number): Costs => ({
  flops: 2 * tokens * out * into,
  bytes: F32_BYTES * (tokens * (out + into) + out * into),
});

const add = (a: Costs, b: Costs): Costs => ({ flops: a.flops + b.flops, bytes: a.bytes + b.bytes });

export const countParameters = (specs: readonly ParameterSpec[]): number =>
  specs.reduce((sum, { shape }) => sum + shapeSize(shape), 0);

/** A training step. */
export function stepCosts(config: FoxConfig, tokens: number, { keptBlocks, blocks }: Kept): Costs {
  const block = blockCost({ headDim: getHeadDim(config), blocks });
  const linear = add(layerCosts(config, tokens), headCosts(config, tokens));
  const parameters = countParameters(parameterSpecs(config));
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

/** One more token with a cache: its query heads over the pages that their key heads kept. */
export function cachedCosts(
  config: FoxConfig,
  { keptPages, keptBytes }: { readonly keptPages: number; readonly keptBytes: number },
): Costs {
  const page = { headDim: getHeadDim(config), blocks: { blockM: 1, blockN: PAGE_SIZE } };
  const queriesPerKeyHead = config.numHeads / getNumKvHeads(config);
  const flops = keptPages * queriesPerKeyHead * blockCost(page).forwardFlops;
  return add(layersAndHead(config, 1), { flops, bytes: keptBytes });
}

/** What is computed of every token, and of the last one: an order of size before anything has run. */
export const layersAndHead = (config: FoxConfig, tokens: number): Costs =>
  add(layerCosts(config, tokens), headCosts(config, 1));
