// What every layer of one forward pass is given.

import type { Tensor } from '@vulpes/tensor-core';
import type { FoxConfig } from '../config/config.ts';
import type { ParamReader } from '../parameters/params.ts';
import type { AttentionInputs } from './attention-inputs.ts';
import type { Checkpointing } from './checkpointing.ts';
import type { ComputeDType } from './compute.ts';
import type { DecodingState } from './decoding-state.ts';
import type { Visibility } from './visibility.ts';

export interface ForwardContext extends Visibility {
  readonly config: FoxConfig;
  /** Dtype of activations and products. Default f32. */
  readonly compute?: ComputeDType | undefined;
  /** This layer's projections of its input side by side, [rows, h], where training packs them: see `packedParameters`. */
  readonly inputProjection?: Tensor | undefined;
  /** What this layer keeps of the text so far, where the tokens are its next chunk. */
  readonly cache?: DecodingState | undefined;
  /** Count the attention blocks that pruning keeps. */
  readonly countPruning: boolean;
  /** What is computed again in backward. Default: nothing. */
  readonly checkpointing?: Checkpointing | undefined;
  /** Called with what each layer attends with, layer after layer, before it does. The tensors live as long as the scope around the forward. */
  readonly onAttention?: ((inputs: AttentionInputs, param: ParamReader) => void) | undefined;
}
