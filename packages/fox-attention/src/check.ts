// Checks of the arguments of forgettingAttention, before anything is recorded.

import {
  ArgumentError,
  assertShape,
  type DType,
  DTypeError,
  formatShape,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import {
  assertBlockRanges,
  assertStopRule,
  type BlockRanges,
  type StopRule,
} from '@vulpes/wgsl-kernels';
import { type AttentionDims, HEAD_DIMS } from './dims.ts';

const OP = 'forgettingAttention';

export interface AttentionArguments {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly logFgate: Tensor | null;
  readonly visibility?: Tensor | undefined;
  readonly seqStart?: Tensor | undefined;
  readonly cuSeqlens?: Tensor | undefined;
  readonly windowSize?: number | undefined;
  readonly logLambda?: Tensor | undefined;
  readonly ranges?: BlockRanges | undefined;
  readonly stopRule?: StopRule | undefined;
  readonly smScale?: number | undefined;
  readonly logitBound?: Tensor | undefined;
}

/** @throws ShapeError DTypeError ArgumentError saying what was expected, what came, what to do */
export function checkArguments(given: AttentionArguments): Required<AttentionDims> {
  const { q, k, v, logFgate } = given;
  checkDTypes(given);
  const { B, M, H, D } = assertShape(OP, 'q', q, ['B', 'M', 'H', 'D']);
  const { N, Hkv } = assertShape(OP, 'k', k, ['B', 'N', 'Hkv', 'D'], { B, D });
  assertShape(OP, 'v', v, ['B', 'N', 'Hkv', 'D'], { B, N, Hkv, D });
  const dims = { batch: B, queryLen: M, keyLen: N, numHeads: H, numKvHeads: Hkv, headDim: D };
  checkSizes(q, dims);
  if (logFgate) {
    assertDType('logFgate', logFgate, 'f32');
    assertShape(OP, 'logFgate', logFgate, ['B', 'N', 'H'], { B, N, H });
  }
  checkLogLambda(given, dims);
  checkVisibility(given, dims);
  checkPruning(given, dims);
  checkScale(given);
  checkLogitBound(given, dims);
  return dims;
}

/** q, k and v: all f32 or all f16. */
function checkDTypes({ q, k, v }: AttentionArguments): void {
  if (q.dtype !== 'f16') assertDType('q', q, 'f32');
  assertDType('k', k, q.dtype);
  assertDType('v', v, q.dtype);
}

function checkLogitBound({ logitBound }: AttentionArguments, dims: AttentionDims): void {
  if (!logitBound) return;
  const { batch: B, numHeads: H } = dims;
  assertDType('logitBound', logitBound, 'f32');
  assertShape(OP, 'logitBound', logitBound, ['B', 'H'], { B, H });
}

function checkSizes(q: Tensor, dims: Required<AttentionDims>): void {
  const { queryLen: M, keyLen: N, numHeads: H, numKvHeads: Hkv, headDim } = dims;
  if (!HEAD_DIMS.includes(headDim)) {
    throw new ShapeError(
      `${OP}: expected head dim D to be 16, 32, 64 or 128, got ${formatShape(q.shape)}. Choose another number of heads, or pad with zeros and set smScale.`,
    );
  }
  if (M > N) {
    throw new ShapeError(
      `${OP}: expected at most as many queries as keys, got M=${M} and N=${N}. Queries stand at the last M key positions.`,
    );
  }
  if (H % Hkv !== 0) {
    throw new ShapeError(
      `${OP}: expected the heads of q to be a multiple of those of k and v, got H=${H} and Hkv=${Hkv}. Each key head serves H / Hkv query heads.`,
    );
  }
}

function checkLogLambda({ logFgate, logLambda }: AttentionArguments, dims: AttentionDims): void {
  if (!logLambda) return;
  if (!logFgate) {
    throw new ArgumentError(
      `${OP}: expected logFgate along with logLambda, got null. Pass the gates that logLambda was made of.`,
    );
  }
  const { batch: B, numHeads: H, keyLen: N } = dims;
  assertDType('logLambda', logLambda, 'i32');
  assertShape(OP, 'logLambda', logLambda, ['B', 'H', 'N', 2], { B, H, N });
}

/** The visibility that come; what they are made of is checked by `tokenVisibility`. */
function checkVisibility(given: AttentionArguments, { batch: B, keyLen: N }: AttentionDims): void {
  const { visibility, seqStart, cuSeqlens, windowSize } = given;
  if (!visibility) return;
  const others = Object.entries({ seqStart, cuSeqlens, windowSize });
  const [other] = others.find(([, value]) => value !== undefined) ?? [];
  if (other) {
    throw new ArgumentError(
      `${OP}: expected either visibility or ${other}, got both. Make the visibility of all of them with tokenVisibility.`,
    );
  }
  assertDType('visibility', visibility, 'i32');
  assertShape(OP, 'visibility', visibility, ['B', 'N', 2], { B, N });
}

function checkPruning({ ranges, stopRule }: AttentionArguments, dims: AttentionDims): void {
  if (ranges && stopRule) {
    throw new ArgumentError(
      `${OP}: expected either ranges or a stopRule, got both. Choose one way to prune.`,
    );
  }
  if (ranges) assertBlockRanges(OP, ranges, dims);
  if (stopRule) assertStopRule(OP, stopRule, dims);
}

function checkScale({ smScale }: AttentionArguments): void {
  if (smScale === undefined || Number.isFinite(smScale)) return;
  throw new ArgumentError(
    `${OP}: expected a finite smScale, got ${smScale}. Leave it out for 1/sqrt(D).`,
  );
}

function assertDType(name: string, tensor: Tensor, dtype: DType): void {
  if (tensor.dtype === dtype) return;
  throw new DTypeError(
    `${OP}: expected ${name} ${dtype}, got ${tensor.dtype}${formatShape(tensor.shape)}. Cast it before the call.`,
  );
}
