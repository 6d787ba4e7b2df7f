// Forgetting attention and its gradients on the device under test, dense or pruned.

import {
  adaptiveThreshold,
  certifiedStopRule,
  constantThreshold,
  findBlockRanges,
  logitUpperBoundFromNorms,
  pruningCounts,
} from '@vulpes/acp-scheduler';
import { forgettingAttentionWithStats, selectBlocks } from '@vulpes/fox-attention';
import { type Device, type Tensor, vjp } from '@vulpes/tensor-core';
import {
  type BlockRanges,
  type BlockSizes,
  cumulativeLogGate,
  type StopRule,
  tokenVisibility,
} from '@vulpes/wgsl-kernels';
import type { CheckedDType } from '../bounds.ts';
import { readAll, sumCounts } from '../read-all.ts';
import type { AttentionCase, AttentionResults } from './case.ts';

interface DeviceArrays extends AttentionResults {
  readonly rowStats: Int32Array;
  readonly counts: Uint32Array;
  /** Of the boundary search: the first key it keeps, [B, H, query blocks], and its threshold, [B, H]. */
  readonly startIndex?: Int32Array;
  readonly threshold?: Float32Array;
}

export type DeviceResults = Awaited<ReturnType<typeof attendOnDevice>>;

type Inputs = ReturnType<typeof upload>;

/** Chooses what to drop: blocks found before, by a threshold [B, H]; or a rule that attention follows while it runs. */
export type Pruning = (
  inputs: Inputs,
  theCase: AttentionCase,
) => { ranges: BlockRanges; threshold: Tensor } | { stopRule: StopRule };

export async function attendOnDevice(
  device: Device,
  theCase: AttentionCase,
  pruning: Pruning | null,
  dtype: CheckedDType = 'f32',
) {
  const { queryLen, keyLen } = theCase.dims;
  const { blocks, tensors } = device.scope(() => {
    const inputs = upload(device, theCase, dtype);
    const { params, dOut, visibility, logLambda } = inputs;
    const pruned = pruning?.(inputs, theCase);
    const options = { smScale: theCase.inputs.smScale, visibility, logLambda, ...pruned };
    using run = vjp(
      device,
      (p) => forgettingAttentionWithStats(p.q, p.k, p.v, p.logFgate, options),
      params,
    );
    const { out, kept, rowStats } = run.output;
    const { q, k, v, logFgate } = run.pullback({ out: dOut });
    const counts = pruningCounts(kept, { queryLen, keyLen, visibility });
    const search = pruned && 'ranges' in pruned ? pruned : null;
    return {
      blocks: kept.blocks,
      tensors: {
        ...{ out, dq: q, dk: k, dv: v, dLogFgate: logFgate, rowStats, counts },
        ...(search && { startIndex: search.ranges.startIndex, threshold: search.threshold }),
      },
    };
  });
  const arrays = await readAll<DeviceArrays>(tensors);
  return {
    ...arrays,
    blocks,
    /** Blocks that attention kept, such as `12 of 45 (128 × 64)`, of those with a pair that sees each other. */
    keptBlocks: `${sumCounts([arrays.counts])} (${blocks.blockM} × ${blocks.blockN})`,
    /** [B, H, M]: the first key that each row kept; its position + 1 where it kept none. */
    firstKeys: arrays.rowStats.filter((_, index) => index % 2 === 1),
  };
}

/** All owned by the scope around. */
function upload(
  device: Device,
  { dims, inputs, dOut, limits }: AttentionCase,
  dtype: CheckedDType,
) {
  const { batch, queryLen, keyLen, numHeads, numKvHeads, headDim } = dims;
  const queries = [batch, queryLen, numHeads, headDim];
  const keys = [batch, keyLen, numKvHeads, headDim];
  const params = {
    q: device.tensor(inputs.q, queries, { dtype, label: 'q' }),
    k: device.tensor(inputs.k, keys, { dtype, label: 'k' }),
    v: device.tensor(inputs.v, keys, { dtype, label: 'v' }),
    logFgate: device.tensor(inputs.logFgate, [batch, keyLen, numHeads], { label: 'logFgate' }),
  };
  const { seqStart, cuSeqlens, windowSize } = limits;
  const isLimited = seqStart || cuSeqlens || windowSize !== undefined;
  /** i32 [B, N, 2]; undefined where each row sees all keys up to its own. */
  const visibility = isLimited
    ? tokenVisibility(device, {
        ...{ batch, length: keyLen, windowSize },
        seqStart: seqStart && device.tensor(seqStart, [seqStart.length]),
        cuSeqlens: cuSeqlens && device.tensor(cuSeqlens, [cuSeqlens.length]),
      })
    : undefined;
  return {
    ...{ params, visibility, dOut: device.tensor(dOut, queries, { dtype, label: 'dOut' }) },
    /** i32 [B, H, N, 2] */
    logLambda: cumulativeLogGate(params.logFgate, { visibility }),
  };
}

/** Blocks below a threshold [B, H]. @param givenBlocks - by default those that a model would take */
const pruneBelow =
  (
    createThreshold: (inputs: Inputs, theCase: AttentionCase) => Tensor,
    givenBlocks?: BlockSizes,
  ): Pruning =>
  (inputs, theCase) => {
    const threshold = createThreshold(inputs, theCase);
    const { queryLen } = theCase.dims;
    const blocks = givenBlocks ?? selectBlocks(theCase.dims, threshold.device.caps);
    const ranges = findBlockRanges(inputs.logLambda, threshold, { queryLen, blocks });
    return { threshold, ranges };
  };

/** The threshold and block sizes of the file. */
export function pruneAsOfficial({ dims, pruning }: AttentionCase): Pruning {
  const { threshold, blockM, blockN } = pruning!;
  // The official decoding kernel has blocks of a single query: one query block stays one.
  const blocks = { blockM: dims.queryLen <= blockM ? Math.max(8, blockM) : blockM, blockN };
  const shape = [dims.batch, dims.numHeads];
  return pruneBelow(({ dOut }) => dOut.device.tensor(threshold, shape), blocks);
}

/** By one threshold for all heads. */
export const pruneBelowConstant = (threshold: number): Pruning =>
  pruneBelow(({ dOut }, { dims }) => constantThreshold(dOut.device, threshold, dims));

/** By the paper's threshold, from the norms of q and k. */
export const pruneByTolerance = (logPruningTolerance: number): Pruning =>
  pruneBelow(({ params: { q, k } }, { dims, inputs: { smScale } }) => {
    const logitUpperBound = logitUpperBoundFromNorms(q, k, { smScale });
    return adaptiveThreshold({ logitUpperBound, seqLen: dims.keyLen, logPruningTolerance });
  });

/**
 * By the certified rule. `aggressive` gives it zeros for keys, so that it takes all logits for 0: that guarantees nothing,
 * but drops what shows in the results, where the true rule is so cautious that even a large ε hardly does.
 */
export const pruneCertified =
  (logPruningTolerance: number, { aggressive = false } = {}): Pruning =>
  ({ params: { k }, logLambda, visibility }, { dims }) => {
    const keys = aggressive ? k.device.zeros(k.shape, { dtype: k.dtype }) : k;
    const blocks = selectBlocks(dims, k.device.caps);
    const options = { logPruningTolerance, blocks, visibility };
    return { stopRule: certifiedStopRule(keys, logLambda, options) };
  };
