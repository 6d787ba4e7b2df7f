// Upper bounds U of |q · k| · smScale for each head, computed on the GPU so that no step has to wait for a readback.

import {
  ArgumentError,
  assertShape,
  type Device,
  type DType,
  DTypeError,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import {
  chunkRows,
  logitBoundFromNorms,
  logitBoundFromQkNorm,
  rowNormMax,
} from './thresholds.kernel.ts';

/**
 * U = smScale · max‖q‖ · max‖k‖ over the tokens of each (batch, head): Cauchy–Schwarz. Not differentiable.
 * @param q - [B, M, H, D], f32 or f16, D a multiple of 4. @param k - [B, N, Hkv, D], f32 or f16, H a multiple of Hkv.
 * @returns [B, H], the caller's.
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function logitUpperBoundFromNorms(
  q: Tensor,
  k: Tensor,
  { smScale }: { smScale: number },
): Tensor {
  const op = 'logitUpperBoundFromNorms';
  const { B, H, D } = assertShape(op, 'q', q, ['B', 'M', 'H', 'D']);
  const { Hkv } = assertShape(op, 'k', k, ['B', 'N', 'Hkv', 'D'], { B, D });
  assertGroups(op, H, Hkv);
  if (D % 4 !== 0) {
    throw new ShapeError(`${op}: expected D to be a multiple of 4, got D=${D}. Pad the heads.`);
  }
  assertFloats(op, { q, k }, ['f32', 'f16']);
  assertScale(op, smScale);
  const { device } = q;
  return device.scope(() => {
    const logitBound = device.empty([B, H], { label: 'logitUpperBound' });
    const [qPartial, kPartial] = [partialMaxima(device, q), partialMaxima(device, k)];
    logitBoundFromNorms.run(device, {
      dims: {
        batch: B,
        numHeads: H,
        group: H / Hkv,
        qChunks: qPartial.shape[2] as number,
        kChunks: kPartial.shape[2] as number,
        smScale,
      },
      tensors: { q_partial: qPartial, k_partial: kPartial, logit_bound: logitBound },
    });
    return logitBound;
  });
}

/** x [B, T, H, D] -> [B, H, chunks], the largest squared norm of each chunk of rows. */
function partialMaxima(device: Device, x: Tensor): Tensor {
  const [batch, seqLen, numHeads, headDim] = x.shape as [number, number, number, number];
  const { chunks } = chunkRows(seqLen);
  const partial = device.empty([batch, numHeads, chunks]);
  rowNormMax.run(device, {
    dims: { batch, seqLen, numHeads, headDim, dtype: x.dtype },
    tensors: { x, partial },
  });
  return partial;
}

export interface QkNormDims {
  readonly batch: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly smScale: number;
}

/**
 * U = smScale · D · max|γ_q| · max|γ_k| for each head: an RMS-normed row has ‖x‖ ≤ √D · max|γ|. Reads the weights only.
 * @param qWeight - [H · D], or [D] shared by the heads. @param kWeight - [Hkv · D] or [D].
 * @returns [B, H], the caller's; every batch row is the same.
 * @throws ShapeError, DTypeError, ArgumentError
 */
export function logitUpperBoundFromQkNorm(
  qWeight: Tensor,
  kWeight: Tensor,
  { batch, numHeads, headDim, smScale }: QkNormDims,
): Tensor {
  const op = 'logitUpperBoundFromQkNorm';
  assertFloats(op, { qWeight, kWeight });
  assertScale(op, smScale);
  const { device } = qWeight;
  const logitBound = device.empty([batch, numHeads], { label: 'logitUpperBound' });
  logitBoundFromQkNorm.run(device, {
    dims: {
      batch,
      numHeads,
      headDim,
      qStride: queryStride(op, qWeight, numHeads, headDim),
      group: numHeads / keyHeads(op, kWeight, numHeads, headDim),
      smScale,
    },
    tensors: { q_weight: qWeight, k_weight: kWeight, logit_bound: logitBound },
  });
  return logitBound;
}

function queryStride(op: string, { shape }: Tensor, numHeads: number, headDim: number): number {
  const [size] = shape;
  if (shape.length === 1 && size === numHeads * headDim) return headDim;
  if (shape.length === 1 && size === headDim) return 0;
  throw new ShapeError(
    `${op}: expected qWeight [H * D] = [${numHeads * headDim}] or [D] = [${headDim}], got [${shape.join(', ')}].`,
  );
}

/** Hkv; 1 where all heads share the weight. */
function keyHeads(op: string, { shape }: Tensor, numHeads: number, headDim: number): number {
  const heads = shape[0]! / headDim;
  if (shape.length === 1 && Number.isInteger(heads) && numHeads % heads === 0) return heads;
  throw new ShapeError(
    `${op}: expected kWeight [Hkv * D] or [D] with D=${headDim} and H=${numHeads} a multiple of Hkv, got [${shape.join(', ')}].`,
  );
}

/** Query head h reads key head ⌊h / (H / Hkv)⌋. */
function assertGroups(op: string, numHeads: number, numKvHeads: number): void {
  if (numHeads % numKvHeads === 0) return;
  throw new ShapeError(
    `${op}: expected the ${numHeads} query heads to be a multiple of the key heads, got ${numKvHeads}.`,
  );
}

function assertFloats(
  op: string,
  tensors: Record<string, Tensor>,
  allowed: readonly DType[] = ['f32'],
): void {
  for (const [name, { dtype }] of Object.entries(tensors)) {
    if (allowed.includes(dtype)) continue;
    throw new DTypeError(
      `${op}: expected ${name} ${allowed.join(' or ')}, got ${dtype}. Cast it first.`,
    );
  }
}

function assertScale(op: string, smScale: number): void {
  if (Number.isFinite(smScale) && smScale >= 0) return;
  throw new ArgumentError(
    `${op}: expected smScale to be finite and not negative, got ${smScale}. Use 1 / sqrt(headDim).`,
  );
}
