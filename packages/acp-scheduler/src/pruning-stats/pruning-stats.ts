// What pruning saved, from the counts of `pruningCounts`: shares, FLOPs and bytes, on the host.

import { ArgumentError } from '@vulpes/tensor-core';
import type { BlockSizes } from '@vulpes/wgsl-kernels';

/** Matmuls of one block: forward q·kᵀ, p·v; dK/dV pass k·qᵀ, pᵀ·dO, v·dOᵀ, dSᵀ·q; dQ pass q·kᵀ, dO·vᵀ, dS·k. */
const MATMULS = { forward: 2, backward: 4 + 3 } as const;
const F32_BYTES = 4;

export interface PruningStatsDims {
  readonly batch: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly blocks: BlockSizes;
}

/** Of one head (summed over the batch), or of all. */
export interface PruningTotals {
  readonly keptBlocks: number;
  readonly causalBlocks: number;
  /** 1 − kept / causal; 0 where nothing is causal. */
  readonly prunedShare: number;
  readonly forwardFlopsSaved: number;
  readonly backwardFlopsSaved: number;
  /** Bytes of f32 blocks that need no loading in the forward pass, from whatever memory serves them. */
  readonly forwardBytesSaved: number;
  readonly backwardBytesSaved: number;
}

export interface PruningStats extends PruningTotals {
  readonly perHead: readonly PruningTotals[];
}

/**
 * @param counts - [B, H, 2] kept and causal blocks, the data of the tensor that `pruningCounts` returned.
 * @throws ArgumentError where the length does not fit.
 * @example const { prunedShare } = pruningStats(await counts.data() as Uint32Array, { batch, numHeads, headDim, blocks });
 */
export function pruningStats(counts: Uint32Array, dims: PruningStatsDims): PruningStats {
  const { batch, numHeads } = dims;
  if (counts.length !== batch * numHeads * 2) {
    throw new ArgumentError(
      `pruningStats: expected counts [B, H, 2] with ${batch * numHeads * 2} numbers, got ${counts.length}. Pass the data of pruningCounts.`,
    );
  }
  const perHead = Array.from({ length: numHeads }, (_, head) => {
    const [kept, causal] = [0, 1].map((part) => {
      let sum = 0;
      for (let b = 0; b < batch; b++) sum += counts[2 * (b * numHeads + head) + part] as number;
      return sum;
    }) as [number, number];
    return totals(kept, causal, dims);
  });
  const sumOf = (key: 'keptBlocks' | 'causalBlocks') =>
    perHead.reduce((sum, head) => sum + head[key], 0);
  return { ...totals(sumOf('keptBlocks'), sumOf('causalBlocks'), dims), perHead };
}

function totals(keptBlocks: number, causalBlocks: number, dims: PruningStatsDims): PruningTotals {
  const pruned = causalBlocks - keptBlocks;
  const cost = blockCost(dims);
  return {
    keptBlocks,
    causalBlocks,
    prunedShare: causalBlocks === 0 ? 0 : pruned / causalBlocks,
    forwardFlopsSaved: pruned * cost.forwardFlops,
    backwardFlopsSaved: pruned * cost.backwardFlops,
    forwardBytesSaved: pruned * cost.forwardBytes,
    backwardBytesSaved: pruned * cost.backwardBytes,
  };
}

/** FLOPs and f32 bytes that one visited block costs; the matmuls only, and the tiles that a pass loads anew for each block. */
export function blockCost({ headDim, blocks }: Pick<PruningStatsDims, 'headDim' | 'blocks'>): {
  forwardFlops: number;
  backwardFlops: number;
  forwardBytes: number;
  backwardBytes: number;
} {
  const { blockM, blockN } = blocks;
  const matmul = 2 * blockM * blockN * headDim;
  const keyTiles = (2 * headDim + 1) * blockN * F32_BYTES; // k, v, logLambda
  const queryTiles = (2 * headDim + 3) * blockM * F32_BYTES; // q, dO, logLambda, lse, delta
  return {
    forwardFlops: MATMULS.forward * matmul,
    backwardFlops: MATMULS.backward * matmul,
    forwardBytes: keyTiles,
    backwardBytes: queryTiles + keyTiles,
  };
}
