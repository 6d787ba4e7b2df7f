// What every layer of one forward pass is told.

import type { LayerCache } from '../cache/layer-cache.ts';
import type { FoxConfig } from '../config/config.ts';
import type { ParamReader } from '../parameters/params.ts';
import type { AttentionInputs } from './attention-inputs.ts';
import type { Visibility } from './visibility.ts';

export interface ForwardContext extends Visibility {
  readonly config: FoxConfig;
  /** What this layer keeps of the text so far, where the tokens are its next chunk. */
  readonly cache?: LayerCache | undefined;
  /** Count the attention blocks that pruning keeps. */
  readonly countPruning: boolean;
  /** Told what each layer attends with, layer after layer, before it does. The tensors live as long as the scope around the forward. */
  readonly onAttention?: ((inputs: AttentionInputs, param: ParamReader) => void) | undefined;
}
