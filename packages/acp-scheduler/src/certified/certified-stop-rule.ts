// The certified rule's part that is known before attention runs: how much the keys up to the end of each block can still weigh.

import {
  ArgumentError,
  assertShape,
  DTypeError,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertBlockSizes, type BlockSizes, type StopRule } from '@vulpes/wgsl-kernels';
import type { BlockBoundDims } from './block-bounds.reference.ts';
import { blockBoundsKernel, blockDecaySumsKernel, keyBlocks } from './certified.kernel.ts';

const OP = 'certifiedStopRule';

export interface CertifiedStopRuleOptions {
  /** log ε < 0: the share of a row's attention weight that may be dropped. */
  readonly logPruningTolerance: number;
  readonly blocks: BlockSizes;
  /** i32 [B, N, 2] of `tokenVisibility`: keys that nobody to the right may see do not count. */
  readonly visibility?: Tensor | undefined;
}

/**
 * Lets attention stop by its own running log-sum-exp: row i drops keys 0 … j once s‖q_i‖ · max‖k‖ + D(i, j) + S_j − lse_i ≤ log ε,
 * so that it loses at most ε of its weight. Two small launches; not differentiable. The blockBounds belong to the caller.
 * @param k - [B, N, Hkv, D] f32 or f16, as attention sees it; D a multiple of 4.
 * @param logLambda - [B, H, N, 2] i32 of `cumulativeLogGate` with the same visibility; H a multiple of Hkv.
 * @throws ShapeError, DTypeError, ArgumentError
 * @example forgettingAttention(q, k, v, logFgate, { logLambda, stopRule: certifiedStopRule(k, logLambda, { logPruningTolerance: -10, blocks }) });
 */
export function certifiedStopRule(
  k: Tensor,
  logLambda: Tensor,
  { logPruningTolerance, blocks, visibility }: CertifiedStopRuleOptions,
): StopRule {
  assertBlockSizes(OP, blocks);
  assertTolerance(logPruningTolerance);
  const dims: BlockBoundDims = { ...tensorDims(k, logLambda, visibility), blockN: blocks.blockN };
  const blockBounds = k.device.scope(() => recordBlockBounds(k, logLambda, visibility, dims));
  return { blocks: { ...blocks }, logPruningTolerance, blockBounds };
}

function recordBlockBounds(
  k: Tensor,
  logLambda: Tensor,
  visibility: Tensor | undefined,
  dims: BlockBoundDims,
): Tensor {
  const { device } = k;
  const shape = [dims.batch, dims.numHeads, keyBlocks(dims), 2];
  const decay_sums = device.empty(shape, { label: 'decay sums of blocks' });
  const blockBounds = device.empty(shape, { label: 'blockBounds' });
  const log_lambda = logLambda;
  blockDecaySumsKernel.run(device, {
    dims: { ...dims, dtype: k.dtype },
    tensors: { k, log_lambda, decay_sums },
  });
  blockBoundsKernel.run(device, {
    dims,
    tensors: { decay_sums, log_lambda, visibility, block_bounds: blockBounds },
  });
  return blockBounds;
}

function tensorDims(
  k: Tensor,
  logLambda: Tensor,
  visibility: Tensor | undefined,
): Omit<BlockBoundDims, 'blockN'> {
  const { B, N, Hkv, D } = assertShape(OP, 'k', k, ['B', 'N', 'Hkv', 'D']);
  const { H } = assertShape(OP, 'logLambda', logLambda, ['B', 'H', 'N', 2], { B, N });
  if (D % 4 !== 0) {
    throw new ShapeError(`${OP}: expected D to be a multiple of 4, got D=${D}. Pad the heads.`);
  }
  if (H % Hkv !== 0) {
    throw new ShapeError(
      `${OP}: expected the ${H} heads of logLambda to be a multiple of k's ${Hkv}. Give logLambda of the query heads.`,
    );
  }
  if (visibility) assertShape(OP, 'visibility', visibility, ['B', 'N', 2], { B, N });
  if (k.dtype !== 'f16') assertDType('k', k, 'f32', 'Pass f32 or f16.');
  assertDType('logLambda', logLambda, 'i32', 'Take it from cumulativeLogGate.');
  if (visibility) assertDType('visibility', visibility, 'i32', 'Take it from tokenVisibility.');
  return { batch: B, numHeads: H, numKvHeads: Hkv, headDim: D, keyLen: N };
}

function assertDType(name: string, tensor: Tensor, dtype: 'i32' | 'f32', remedy: string): void {
  if (tensor.dtype === dtype) return;
  throw new DTypeError(`${OP}: expected ${name} ${dtype}, got ${tensor.dtype}. ${remedy}`);
}

function assertTolerance(logPruningTolerance: number): void {
  if (Number.isFinite(logPruningTolerance) && logPruningTolerance < 0) return;
  throw new ArgumentError(
    `${OP}: expected logPruningTolerance to be finite and below 0, got ${logPruningTolerance}. It is log ε, −10 by default.`,
  );
}
