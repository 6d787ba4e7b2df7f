// Forgetting attention and its gradients on the device under test, dense or with a pruning that a function chooses.

import { forgettingAttentionWithStats } from '@vulpes/fox-attention';
import { type Device, type HostArray, type Tensor, vjp } from '@vulpes/tensor-core';
import { type BlockSizes, cumulativeLogGate } from '@vulpes/wgsl-kernels';
import { readAll } from '../device/read-all.ts';
import type { AttentionCase, AttentionResults } from './attention-case.ts';
import type { FoundRanges } from './kept-share.ts';
import { type Pruned, type Pruning, thresholdOf } from './prunings.ts';
import { type Uploaded, upload } from './upload.ts';

export interface DeviceResults extends AttentionResults {
  /** Where the boundary search lets each query block begin; null where attention had none. */
  readonly found: FoundRanges | null;
  /** What attention says that it kept, in blocks. */
  readonly kept: FoundRanges;
  /** [B, H, M]: the first key that each row kept; its position + 1 where it kept none. */
  readonly firstKeys: Int32Array;
}

export async function attendOnDevice(
  device: Device,
  theCase: AttentionCase,
  pruning: Pruning | null,
): Promise<DeviceResults> {
  const { blocks, tensors } = device.scope(() => {
    const inputs = upload(device, theCase);
    const logLambda = cumulativeLogGate(inputs.logFgate, {
      visibility: inputs.visibility ?? undefined,
    });
    const pruned = pruning?.(inputs, logLambda, theCase) ?? null;
    return runWithGradients(theCase, { inputs, logLambda, pruned });
  });
  const values: Readonly<Record<string, HostArray>> = await readAll(tensors);
  const startIndex = values.searched as Int32Array | undefined;
  return {
    out: values.out as Float32Array,
    dq: values.q as Float32Array,
    dk: values.k as Float32Array,
    dv: values.v as Float32Array,
    dLogFgate: values.logFgate as Float32Array,
    found: startIndex ? { blocks, startIndex } : null,
    kept: { blocks, startIndex: values.kept as Int32Array },
    firstKeys: Int32Array.from(
      { length: (values.rowStats as Int32Array).length / 2 },
      (_, row) => values.rowStats?.[2 * row + 1] as number,
    ),
  };
}

interface Run {
  readonly inputs: Uploaded;
  readonly logLambda: Tensor;
  readonly pruned: Pruned | null;
}

function runWithGradients(
  { smScale }: AttentionCase,
  { inputs, logLambda, pruned }: Run,
): { blocks: BlockSizes; tensors: Record<string, Tensor> } {
  const { q, k, v, logFgate, dOut } = inputs;
  const visibility = inputs.visibility ?? undefined;
  const options = { smScale, visibility, logLambda, ...pruned };
  const params = { q, k, v, logFgate };
  using run = vjp(
    q.device,
    (p) => forgettingAttentionWithStats(p.q, p.k, p.v, p.logFgate, options),
    params,
  );
  const { out, kept, rowStats } = run.output;
  const grads = run.pullback({ out: dOut });
  const searched = pruned && 'ranges' in pruned && { searched: pruned.ranges.startIndex };
  return {
    blocks: kept.blocks,
    tensors: { out, rowStats, kept: kept.startIndex, ...grads, ...searched },
  };
}

/** δ [B, H] of a case by the paper's rule, from the norms of its q and k. */
export async function thresholdOnDevice(
  device: Device,
  theCase: AttentionCase,
  logPruningTolerance: number,
): Promise<Float32Array> {
  const { smScale } = theCase;
  const threshold = device.scope(() =>
    thresholdOf(upload(device, theCase), { smScale, logPruningTolerance }),
  );
  return (await readAll({ threshold })).threshold as Float32Array;
}
