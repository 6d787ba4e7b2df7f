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
import { readAll } from '../read-all.ts';
import type { AttentionCase, AttentionResults } from './case.ts';

export interface DeviceResults extends AttentionResults {
  readonly blocks: BlockSizes;
  /** Of the boundary search: the first key it keeps, [B, H, query blocks], and its threshold, [B, H]. Empty without one. */
  readonly startIndex: Int32Array;
  readonly threshold: Float32Array;
  /** Blocks that attention kept, such as `12 of 45 (128 × 64)`, of those with a pair that sees each other. */
  readonly keptBlocks: string;
  /** [B, H, M]: the first key that each row kept; its position + 1 where it kept none. */
  readonly firstKeys: Int32Array;
}

/** The inputs of a case on the device; all owned by the scope around. */
interface Inputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly logFgate: Tensor;
  readonly dOut: Tensor;
  /** i32 [B, N, 2]; undefined where each row sees all keys up to its own. */
  readonly visibility: Tensor | undefined;
  /** i32 [B, H, N, 2] */
  readonly logLambda: Tensor;
}

/** Blocks found before, by a threshold [B, H]; or a rule that attention follows while it runs. */
type Pruned =
  | { readonly ranges: BlockRanges; readonly threshold: Tensor }
  | { readonly stopRule: StopRule };

/** Chooses what to drop. */
export type Pruning = (inputs: Inputs, theCase: AttentionCase) => Pruned;

export async function attendOnDevice(
  device: Device,
  theCase: AttentionCase,
  pruning: Pruning | null,
): Promise<DeviceResults> {
  const { queryLen, keyLen } = theCase.dims;
  const { blocks, tensors } = device.scope(() => {
    const inputs = upload(device, theCase);
    const { q, k, v, logFgate, dOut, visibility, logLambda } = inputs;
    const pruned = pruning?.(inputs, theCase);
    const options = { smScale: theCase.smScale, visibility, logLambda, ...pruned };
    const params = { q, k, v, logFgate };
    using run = vjp(
      device,
      (p) => forgettingAttentionWithStats(p.q, p.k, p.v, p.logFgate, options),
      params,
    );
    const { out, kept, rowStats } = run.output;
    const grads = run.pullback({ out: dOut });
    const counts = pruningCounts(kept, { queryLen, keyLen, visibility });
    const search = pruned &&
      'ranges' in pruned && {
        startIndex: pruned.ranges.startIndex,
        threshold: pruned.threshold,
      };
    return { blocks: kept.blocks, tensors: { out, rowStats, counts, ...grads, ...search } };
  });
  const values: Record<string, ArrayLike<number>> = await readAll<string>(tensors);
  const rowStats = values.rowStats as Int32Array;
  return {
    out: values.out as Float32Array,
    dq: values.q as Float32Array,
    dk: values.k as Float32Array,
    dv: values.v as Float32Array,
    dLogFgate: values.logFgate as Float32Array,
    blocks,
    startIndex: Int32Array.from(values.startIndex ?? []),
    threshold: Float32Array.from(values.threshold ?? []),
    keptBlocks: describeKept(values.counts as Uint32Array, blocks),
    firstKeys: rowStats.filter((_, index) => index % 2 === 1),
  };
}

/** @param counts - [B, H, 2]: kept, visible */
function describeKept(counts: Uint32Array, { blockM, blockN }: BlockSizes): string {
  const sum = (column: number) =>
    counts.reduce((total, count, index) => total + (index % 2 === column ? count : 0), 0);
  return `${sum(0)} of ${sum(1)} (${blockM} × ${blockN})`;
}

function upload(device: Device, theCase: AttentionCase): Inputs {
  const { batch, queryLen, keyLen, numHeads, numKvHeads, headDim } = theCase.dims;
  const queries = [batch, queryLen, numHeads, headDim];
  const keys = [batch, keyLen, numKvHeads, headDim];
  const gates = [batch, keyLen, numHeads];
  const logFgate = device.tensor(theCase.logFgate, gates, { label: 'logFgate' });
  const visibility = uploadVisibility(device, theCase);
  return {
    q: device.tensor(theCase.q, queries, { label: 'q' }),
    k: device.tensor(theCase.k, keys, { label: 'k' }),
    v: device.tensor(theCase.v, keys, { label: 'v' }),
    dOut: device.tensor(theCase.dOut, queries, { label: 'dOut' }),
    ...{ logFgate, visibility, logLambda: cumulativeLogGate(logFgate, { visibility }) },
  };
}

function uploadVisibility(device: Device, { dims, limits }: AttentionCase): Tensor | undefined {
  const { seqStart, cuSeqlens, windowSize } = limits;
  if (!seqStart && !cuSeqlens && windowSize === undefined) return undefined;
  return tokenVisibility(device, {
    ...{ batch: dims.batch, length: dims.keyLen, windowSize },
    seqStart: seqStart && device.tensor(seqStart, [seqStart.length]),
    cuSeqlens: cuSeqlens && device.tensor(cuSeqlens, [cuSeqlens.length]),
  });
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
    const blocks = givenBlocks ?? selectBlocks(theCase.dims, inputs.q.device.caps);
    return {
      threshold,
      ranges: findBlockRanges(inputs.logLambda, threshold, { queryLen, blocks }),
    };
  };

/** The threshold and block sizes of the file. */
export function pruneAsOfficial({ dims, pruning }: AttentionCase): Pruning {
  const { threshold, blockM, blockN } = pruning!;
  // The official decoding kernel has blocks of a single query: one query block stays one.
  const blocks = { blockM: dims.queryLen <= blockM ? Math.max(8, blockM) : blockM, blockN };
  const shape = [dims.batch, dims.numHeads];
  return pruneBelow(({ q }) => q.device.tensor(threshold, shape), blocks);
}

/** By one threshold for all heads. */
export const pruneBelowConstant = (threshold: number): Pruning =>
  pruneBelow(({ q }, { dims }) => constantThreshold(q.device, threshold, dims));

/** By the paper's threshold, from the norms of q and k. */
export const pruneByTolerance = (logPruningTolerance: number): Pruning =>
  pruneBelow(({ q, k }, { dims, smScale }) => {
    const logitUpperBound = logitUpperBoundFromNorms(q, k, { smScale });
    return adaptiveThreshold({ logitUpperBound, seqLen: dims.keyLen, logPruningTolerance });
  });

/**
 * By the certified rule. `aggressive` gives it zeros for keys, so that it takes all logits for 0: that guarantees nothing,
 * but drops what shows in the results, where the true rule is so cautious that even a large ε hardly does.
 */
export const pruneCertified =
  (logPruningTolerance: number, { aggressive = false } = {}): Pruning =>
  ({ k, logLambda, visibility }, { dims }) => {
    const keys = aggressive ? k.device.zeros(k.shape) : k;
    const blocks = selectBlocks(dims, k.device.caps);
    const options = { logPruningTolerance, blocks, visibility };
    return { stopRule: certifiedStopRule(keys, logLambda, options) };
  };
