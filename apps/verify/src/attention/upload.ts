// The inputs of a case on the device.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { tokenVisibility } from '@vulpes/wgsl-kernels';
import type { AttentionCase } from './attention-case.ts';

/** All owned by the scope around. */
export interface Uploaded {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly logFgate: Tensor;
  readonly dOut: Tensor;
  /** i32 [B, N, 2]; null where each row sees all keys up to its own. */
  readonly visibility: Tensor | null;
}

export function upload(device: Device, theCase: AttentionCase): Uploaded {
  const { batch, queryLen, keyLen, numHeads, numKvHeads, headDim } = theCase.dims;
  const queries = [batch, queryLen, numHeads, headDim];
  const keys = [batch, keyLen, numKvHeads, headDim];
  return {
    q: device.tensor(theCase.q, queries, { label: 'q' }),
    k: device.tensor(theCase.k, keys, { label: 'k' }),
    v: device.tensor(theCase.v, keys, { label: 'v' }),
    logFgate: device.tensor(theCase.logFgate, [batch, keyLen, numHeads], { label: 'logFgate' }),
    dOut: device.tensor(theCase.dOut, queries, { label: 'dOut' }),
    visibility: uploadVisibility(device, theCase),
  };
}

function uploadVisibility(device: Device, { dims, limits }: AttentionCase): Tensor | null {
  const { seqStart, cuSeqlens, windowSize } = limits;
  if (!seqStart && !cuSeqlens && windowSize === null) return null;
  const list = (data: Int32Array | null, label: string) =>
    data ? device.tensor(data, [data.length], { label }) : undefined;
  return tokenVisibility(device, {
    batch: dims.batch,
    length: dims.keyLen,
    seqStart: list(seqStart, 'seqStart'),
    cuSeqlens: list(cuSeqlens, 'cuSeqlens'),
    windowSize: windowSize ?? undefined,
  });
}
