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
import { assertBlockRanges, type BlockRanges } from '@vulpes/wgsl-kernels';
import { type AttentionDims, HEAD_DIMS } from './dims.ts';

const OP = 'forgettingAttention';

export interface AttentionArguments {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly logFgate: Tensor | null;
  readonly seqStart?: Tensor | undefined;
  readonly logLambda?: Tensor | undefined;
  readonly ranges?: BlockRanges | undefined;
  readonly smScale?: number | undefined;
}

/** @throws ShapeError DTypeError ArgumentError saying what was expected, what came, what to do */
export function checkArguments(given: AttentionArguments): AttentionDims {
  const { q, k, v, logFgate } = given;
  for (const [name, tensor] of Object.entries({ q, k, v })) assertDType(name, tensor, 'f32');
  const { B, M, H, D } = assertShape(OP, 'q', q, ['B', 'M', 'H', 'D']);
  const { N } = assertShape(OP, 'k', k, ['B', 'N', 'H', 'D'], { B, H, D });
  assertShape(OP, 'v', v, ['B', 'N', 'H', 'D'], { B, N, H, D });
  if (!HEAD_DIMS.includes(D)) {
    throw new ShapeError(
      `${OP}: expected head dim D to be 16, 32, 64 or 128, got ${formatShape(q.shape)}. Choose another number of heads, or pad with zeros and set smScale.`,
    );
  }
  if (M > N) {
    throw new ShapeError(
      `${OP}: expected at most as many queries as keys, got M=${M} and N=${N}. Queries stand at the last M key positions.`,
    );
  }
  if (logFgate) {
    assertDType('logFgate', logFgate, 'f32');
    assertShape(OP, 'logFgate', logFgate, ['B', 'N', 'H'], { B, N, H });
  }
  const dims = { batch: B, queryLen: M, keyLen: N, numHeads: H, headDim: D };
  checkOptions(given, dims);
  return dims;
}

function checkOptions(given: AttentionArguments, dims: AttentionDims): void {
  const { logFgate, logLambda, seqStart, ranges, smScale } = given;
  const { batch: B, numHeads: H, keyLen: N } = dims;
  if (seqStart) {
    assertDType('seqStart', seqStart, 'i32');
    assertShape(OP, 'seqStart', seqStart, ['B'], { B });
  }
  if (logLambda) {
    if (!logFgate) {
      throw new ArgumentError(
        `${OP}: expected logFgate along with logLambda, got null. Pass the gates that logLambda was made of.`,
      );
    }
    assertDType('logLambda', logLambda, 'i32');
    assertShape(OP, 'logLambda', logLambda, ['B', 'H', 'N', 2], { B, H, N });
  }
  if (ranges) assertBlockRanges(OP, ranges, dims);
  if (smScale !== undefined && !Number.isFinite(smScale)) {
    throw new ArgumentError(
      `${OP}: expected a finite smScale, got ${smScale}. Leave it out for 1/sqrt(D).`,
    );
  }
}

function assertDType(name: string, tensor: Tensor, dtype: DType): void {
  if (tensor.dtype === dtype) return;
  throw new DTypeError(
    `${OP}: expected ${name} ${dtype}, got ${tensor.dtype}${formatShape(tensor.shape)}. Cast it before the call.`,
  );
}
