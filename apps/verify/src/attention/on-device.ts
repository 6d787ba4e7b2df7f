// Forgetting attention and its gradients on the device under test, dense or with a pruning that a function chooses.

import {
  adaptiveThreshold,
  constantThreshold,
  findBlockRanges,
  logitUpperBoundFromNorms,
} from '@vulpes/acp-scheduler';
import { forgettingAttention, selectBlocks } from '@vulpes/fox-attention';
import { type Device, type HostArray, type Tensor, valueAndGrad } from '@vulpes/tensor-core';
import { type BlockRanges, cumulativeLogGate } from '@vulpes/wgsl-kernels';
import { readAll } from '../device/read-all.ts';
import type { AttentionCase, AttentionResults, OfficialPruning } from './attention-case.ts';
import type { FoundRanges } from './pruned-share.ts';
import { seedGradient } from './seed-gradient.ts';

/** Inputs of a case on the device; all owned by the scope around. */
interface Uploaded {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly logFgate: Tensor;
  readonly dOut: Tensor;
  readonly seqStart: Tensor | null;
}

/** Chooses what to drop. `logLambda` i32 [B, H, N, 2]. */
export type Pruning = (inputs: Uploaded, logLambda: Tensor, theCase: AttentionCase) => BlockRanges;

export interface DeviceResults extends AttentionResults {
  /** What the boundary search gave; null when dense. */
  readonly found: FoundRanges | null;
}

export async function attendOnDevice(
  device: Device,
  theCase: AttentionCase,
  pruning: Pruning | null,
): Promise<DeviceResults> {
  const { blocks, tensors } = device.scope(() => {
    const inputs = upload(device, theCase);
    const { q, k, v, logFgate, dOut, seqStart } = inputs;
    const options = { smScale: theCase.smScale, ...(seqStart && { seqStart }) };
    const logLambda = pruning && cumulativeLogGate(logFgate, seqStart ? { seqStart } : {});
    const ranges = logLambda && pruning(inputs, logLambda, theCase);
    const step = valueAndGrad(device, (p) => {
      const out = forgettingAttention(
        p.q as Tensor,
        p.k as Tensor,
        p.v as Tensor,
        p.logFgate as Tensor,
        {
          ...options,
          ...(ranges && { logLambda, ranges }),
        },
      );
      return { loss: seedGradient(out, dOut), aux: { out } };
    });
    const { aux, grads } = step({ q, k, v, logFgate });
    return {
      blocks: ranges?.blocks ?? null,
      tensors: { out: aux!.out, ...grads, ...(ranges && { startIndex: ranges.startIndex }) },
    };
  });
  const values: Record<string, HostArray> = await readAll(tensors);
  return {
    out: values.out as Float32Array,
    dq: values.q as Float32Array,
    dk: values.k as Float32Array,
    dv: values.v as Float32Array,
    dLogFgate: values.logFgate as Float32Array,
    found: blocks && { blocks, startIndex: values.startIndex as Int32Array },
  };
}

/** The threshold and block sizes of the file. */
export const officialPruning =
  ({ threshold, blockM, blockN }: OfficialPruning): Pruning =>
  ({ q }, logLambda, { dims }) =>
    findBlockRanges(logLambda, q.device.tensor(threshold, [dims.batch, dims.numHeads]), {
      queryLen: dims.queryLen,
      blocks: { blockM: effectiveBlockM(blockM, dims.queryLen), blockN },
    });

/** One query block stays one query block: the official decoding kernel has blocks of a single query. */
const effectiveBlockM = (blockM: number, queryLen: number): number =>
  queryLen <= blockM ? Math.max(8, blockM) : blockM;

/** One threshold for all heads, with the blocks that a model would take. */
export const constantPruning =
  (value: number): Pruning =>
  ({ q }, logLambda, { dims }) => {
    const { batch, numHeads, queryLen } = dims;
    const threshold = constantThreshold(q.device, value, { batch, numHeads });
    const blocks = selectBlocks(dims, q.device.caps);
    return findBlockRanges(logLambda, threshold, { queryLen, blocks });
  };

/** The threshold from q, k and log ε, with the blocks that a model would take. */
export const tolerancePruning =
  (logPruningTolerance: number): Pruning =>
  ({ q, k }, logLambda, { dims, smScale }) =>
    findBlockRanges(logLambda, thresholdOf(q, k, { smScale, logPruningTolerance }), {
      queryLen: dims.queryLen,
      blocks: selectBlocks(dims, q.device.caps),
    });

/** δ [B, H] of a case, from the norms of its q and k. */
export async function thresholdOnDevice(
  device: Device,
  theCase: AttentionCase,
  logPruningTolerance: number,
): Promise<Float32Array> {
  const threshold = device.scope(() => {
    const { q, k } = upload(device, theCase);
    return thresholdOf(q, k, { smScale: theCase.smScale, logPruningTolerance });
  });
  return (await readAll({ threshold })).threshold as Float32Array;
}

function thresholdOf(
  q: Tensor,
  k: Tensor,
  { smScale, logPruningTolerance }: { smScale: number; logPruningTolerance: number },
): Tensor {
  const logitUpperBound = logitUpperBoundFromNorms(q, k, { smScale });
  const seqLen = k.shape[1] as number;
  return adaptiveThreshold({ logitUpperBound, seqLen, logPruningTolerance });
}

function upload(device: Device, theCase: AttentionCase): Uploaded {
  const { batch, queryLen, keyLen, numHeads, headDim } = theCase.dims;
  const queries = [batch, queryLen, numHeads, headDim];
  const keys = [batch, keyLen, numHeads, headDim];
  return {
    q: device.tensor(theCase.q, queries, { label: 'q' }),
    k: device.tensor(theCase.k, keys, { label: 'k' }),
    v: device.tensor(theCase.v, keys, { label: 'v' }),
    logFgate: device.tensor(theCase.logFgate, [batch, keyLen, numHeads], { label: 'logFgate' }),
    dOut: device.tensor(theCase.dOut, queries, { label: 'dOut' }),
    seqStart: theCase.seqStart && device.tensor(theCase.seqStart, [batch], { label: 'seqStart' }),
  };
}
