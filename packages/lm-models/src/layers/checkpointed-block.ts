// A block that keeps less until backward.

import { checkpoint } from '@vulpes/tensor-core';
import type { AttentionResult } from './attention-layer.ts';
import { block } from './block.ts';
import type { Checkpointing } from './checkpointing.ts';

/** Ops that do not run again, by name. */
const KEPT_OPS = {
  selective: ['linear', 'forgetting-attention'],
  blocks: [],
} as const satisfies Record<Exclude<Checkpointing, 'none'>, readonly string[]>;

/** As `block`; where a gradient is recorded, it keeps what `context.checkpointing` says. x [B, T, h] -> [B, T, h] */
export const checkpointedBlock: typeof block = (x, param, context): AttentionResult => {
  const { checkpointing = 'none' } = context;
  const run = () => block(x, param, context);
  return checkpointing === 'none'
    ? run()
    : checkpoint(x.device, run, { keep: KEPT_OPS[checkpointing] });
};
