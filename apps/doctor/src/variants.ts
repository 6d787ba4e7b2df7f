// Which kernels this device gets for the work that matters, at the sizes of the 125 M model.

import { forgettingAttention } from '@vulpes/fox-attention';
import type { Device, Tensor } from '@vulpes/tensor-core';
import { linear } from '@vulpes/wgsl-kernels';
import { recordedKernels } from './recorded-kernels.ts';

export interface Variants {
  /** Of a linear layer, x [1024, 768], weight [768, 768], forward and backward. */
  readonly matmul: readonly string[];
  /** Of forgetting attention, 1024 tokens, 12 heads of 64, forward and backward. */
  readonly attention: readonly string[];
}

const TOKENS = 1024;
const HEADS = 12;
const HEAD_DIM = 64;
const HIDDEN = HEADS * HEAD_DIM;

/** Asks the ops themselves: the labels name kernel, variant and tile. */
export function listVariants(device: Device): Variants {
  const layer = { x: [TOKENS, HIDDEN], weight: [HIDDEN, HIDDEN] };
  const heads = [1, TOKENS, HEADS, HEAD_DIM];
  const attention = { q: heads, k: heads, v: heads, logFgate: [1, TOKENS, HEADS] };
  return {
    matmul: recordedKernels(device, layer, (p) => linear(p.x as Tensor, p.weight as Tensor)),
    attention: recordedKernels(device, attention, (p) =>
      forgettingAttention(p.q as Tensor, p.k as Tensor, p.v as Tensor, p.logFgate as Tensor, {}),
    ),
  };
}
