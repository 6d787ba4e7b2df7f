// A block that keeps less until backward.

import { checkpoint } from '@vulpes/tensor-core';
import type { StreamResult } from './attention-layer.ts';
import { streamBlock } from './block.ts';
import type { Checkpointing } from './checkpointing.ts';
import { sumStream } from './residual.ts';

/** Ops that do not run again, by name. */
const KEPT_OPS = {
  selective: ['linear', 'forgetting-attention'],
  blocks: [],
} as const satisfies Record<Exclude<Checkpointing, 'none'>, readonly string[]>;

/** As `streamBlock`; where a gradient is recorded, it keeps what `context.checkpointing` says. */
export const checkpointedBlock: typeof streamBlock = (stream, param, context) => {
  const { checkpointing = 'none' } = context;
  const run = () => streamBlock(stream, param, context);
  if (checkpointing === 'none') return run();
  const isWhole = checkpointing === 'blocks';
  return checkpoint(stream.residual.device, isWhole ? () => summed(run()) : run, {
    keep: KEPT_OPS[checkpointing],
  });
};

/** One tensor goes from block to block, instead of two. */
const summed = ({ stream, pruningCounts }: StreamResult): StreamResult => ({
  stream: { residual: sumStream(stream), delta: null },
  pruningCounts,
});
