// What a layer needs of the text so far when its tokens come chunk by chunk; the cache has one for each layer.

import type { Tensor } from '@vulpes/tensor-core';
import type { AttentionInputs } from './attention-inputs.ts';

export interface DecodingState {
  /** Appends the chunk and attends over all that is kept. -> [B, M, H, D] */
  attend(inputs: AttentionInputs): Tensor;
  /** α_t y_{t−1} + (1 − α_t) y_t over the chunk, y_{−1} from the chunk before. y [B, M, Hkv, D], shiftLogit [B, M, Hkv] */
  shift(name: 'k' | 'v', y: Tensor, shiftLogit: Tensor): Tensor;
  /** i32 [B, M]: the position of each token of the chunk. */
  positions(): Tensor;
}
