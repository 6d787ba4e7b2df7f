// How much of a block is kept until backward, and how much is computed again there. A fact of a run, not of a model: it changes no bit.

import { ArgumentError } from '@vulpes/tensor-core';

/**
 * What training computes again in backward to save memory.
 * - `none`: nothing.
 * - `selective`: norms, token shift, rotation, gates, SwiGLU; products and attention are kept.
 * - `blocks`: a whole block, attention and all but its last product. Kept is what goes from block to block.
 */
export type Checkpointing = 'none' | 'selective' | 'blocks';

export const checkpointings: readonly Checkpointing[] = ['none', 'selective', 'blocks'];

/** @throws ArgumentError */
export function checkCheckpointing(checkpointing: Checkpointing): Checkpointing {
  if (checkpointings.includes(checkpointing)) return checkpointing;
  throw new ArgumentError(
    `createModel: expected checkpointing to be one of ${checkpointings.join(', ')}, got ${JSON.stringify(checkpointing)}.`,
  );
}
