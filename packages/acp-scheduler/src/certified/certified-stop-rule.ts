// The certified rule's part that is known before attention runs: how much the keys before each block edge can still weigh.

import {
  ArgumentError,
  assertShape,
  DTypeError,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertBlockSizes, type BlockSizes, type StopRule } from '@vulpes/wgsl-kernels';
import { blockMemoryKernel, keyBlocks, stopEdgesKernel } from './certified.kernel.ts';
import type { StopEdgeDims } from './stop-edges.naive.ts';

const OP = 'certifiedStopRule';

export interface CertifiedStopRuleOptions {
  /** log ε < 0: the share of a row's attention weight that may be dropped. */
  readonly logPruningTolerance: number;
  readonly blocks: BlockSizes;
  /** i32 [B, N, 2] of `tokenSpans`: keys that nobody to the right may see do not count. */
  readonly spans?: Tensor | undefined;
}

/**
 * Lets attention stop by its own running log-sum-exp: row i drops keys 0 … j once s‖q_i‖ · max‖k‖ + D(i, j) + S_j − lse_i ≤ log ε,
 * so that it loses at most ε of its weight. Two small launches; not differentiable. The edges belong to the caller.
 * @param k - [B, N, Hkv, D] f32, as attention sees it; D a multiple of 4.
 * @param logLambda - [B, H, N, 2] i32 of `cumulativeLogGate` with the same spans; H a multiple of Hkv.
 * @throws ShapeError, DTypeError, ArgumentError
 * @example forgettingAttention(q, k, v, logFgate, { logLambda, stopRule: certifiedStopRule(k, logLambda, { logPruningTolerance: -10, blocks }) });
 */
export function certifiedStopRule(
  k: Tensor,
  logLambda: Tensor,
  { logPruningTolerance, blocks, spans }: CertifiedStopRuleOptions,
): StopRule {
  assertBlockSizes(OP, blocks);
  assertTolerance(logPruningTolerance);
  const dims: StopEdgeDims = { ...tensorDims(k, logLambda, spans), blockN: blocks.blockN };
  const edges = k.device.scope(() => stopEdges(k, logLambda, spans, dims));
  return { blocks: { ...blocks }, logPruningTolerance, edges };
}

function stopEdges(
  k: Tensor,
  logLambda: Tensor,
  spans: Tensor | undefined,
  dims: StopEdgeDims,
): Tensor {
  const { device } = k;
  const { batch, numHeads, numKvHeads, headDim, keyLen, blockN } = dims;
  const blocks = keyBlocks(dims);
  const shape = [batch, numHeads, blocks, 2];
  const memory = device.empty(shape, { label: 'blockMemory' });
  const edges = device.empty(shape, { label: 'stopEdges' });
  const params = { batch, num_heads: numHeads, key_len: keyLen, block_n: blockN, blocks };
  blockMemoryKernel.run(device, {
    dims,
    tensors: { k, log_lambda: logLambda, memory },
    params: { ...params, num_kv_heads: numKvHeads, head_vec4: headDim / 4 },
  });
  stopEdgesKernel.run(device, {
    dims: { ...dims, hasSpans: spans !== undefined },
    // Without spans the binding is not read.
    tensors: { memory, log_lambda: logLambda, spans: spans ?? logLambda, edges },
    params,
  });
  return edges;
}

function tensorDims(
  k: Tensor,
  logLambda: Tensor,
  spans: Tensor | undefined,
): Omit<StopEdgeDims, 'blockN'> {
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
  if (spans) assertShape(OP, 'spans', spans, ['B', 'N', 2], { B, N });
  assertDType('k', k, 'f32', 'Cast it first.');
  assertDType('logLambda', logLambda, 'i32', 'Take it from cumulativeLogGate.');
  if (spans) assertDType('spans', spans, 'i32', 'Take it from tokenSpans.');
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
