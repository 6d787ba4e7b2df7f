// Forgetting attention: softmax attention whose logits decay by the sum of the log gates in between.

import { stopGradient, type Tensor } from '@vulpes/tensor-core';
import {
  type BlockRanges,
  cumulativeLogGate,
  type KeptBlocks,
  type StopRule,
  tokenVisibility,
} from '@vulpes/wgsl-kernels';
import { type AttentionInputs, attend } from './attention-op.ts';
import { checkArguments } from './check.ts';
import { keptBlocks } from './kept-blocks.ts';
import { selectBlocks } from './select-blocks.ts';

export interface ForgettingAttentionOptions {
  /** Factor on q·k. Default 1/sqrt(D). */
  smScale?: number | undefined;
  /** i32 [B, N, 2], from `tokenVisibility`: which keys each token may see. Instead of the three that follow. */
  visibility?: Tensor | undefined;
  /** i32 [B], left padding: keys before it are not attended to, rows before it give 0. */
  seqStart?: Tensor | undefined;
  /** i32 [documents + 1] (one sequence) or [B, documents + 1]: packed documents, from `packedOffsets`. */
  cuSeqlens?: Tensor | undefined;
  /** Tokens that a row sees, its own included. */
  windowSize?: number | undefined;
  /** i32 [B, H, N, 2], `cumulativeLogGate(logFgate, { visibility })`, for callers that have it. */
  logLambda?: Tensor | undefined;
  /** Blocks to keep, for instance from `findBlockRanges`. Default: all. */
  ranges?: BlockRanges | undefined;
  /** Certified pruning, from `certifiedStopRule`: attention drops what cannot matter. Instead of `ranges`. */
  stopRule?: StopRule | undefined;
  /**
   * f32 [B, H]: no |smScale q·k| of a head exceeds it, for instance from `logitUpperBoundFromQkNorm`. Heads within 16 nats then run
   * faster on subgroup matrices (f16); any other kernel, and without it every logit, does without.
   */
  logitBound?: Tensor | undefined;
}

/** What attention gave and what it kept. */
export interface AttentionWithStats {
  /** [B, M, H, D], differentiable. */
  readonly out: Tensor;
  /** Blocks that hold every pair that was kept; block sizes of `ranges` or `stopRule`, by default `selectBlocks`. */
  readonly kept: KeptBlocks;
  /** u32 [B, H, 2]: how many those are, and how many hold a pair of tokens that see each other. */
  readonly counts: Tensor;
  /** i32 [B, H, M, 2]: (bits of lse in natural log, first kept key); −1e30 and position + 1 for a row that kept nothing. */
  readonly rowStats: Tensor;
}

/**
 * o_i = Σ_j softmax_j(smScale q_i·k_j + Σ_{l=j+1..i} log f_l) v_j over the keys j that row i keeps: those that it may
 * see (not later, not padding, same document, within the window), and that pruning leaves it. Rows that keep no key
 * give 0. [FoX v2, forgetting attention]
 * @param q - [B, M, H, D], f32 or f16, D in 16, 32, 64, 128; query i stands at key position N − M + i
 * @param k - [B, N, Hkv, D], dtype of q, M ≤ N, H a multiple of Hkv: query head h reads key head ⌊h / (H / Hkv)⌋
 * @param v - [B, N, Hkv, D], dtype of q
 * @param logFgate - [B, N, H], f32, natural log, ≤ 0; null for plain causal attention
 * @returns [B, M, H, D], dtype of q; sums and softmax are f32; memory beside it is O(M + N) a head
 * @throws ShapeError DTypeError ArgumentError
 */
export function forgettingAttention(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  logFgate: Tensor | null,
  options: ForgettingAttentionOptions = {},
): Tensor {
  return q.device.scope(() => attend(prepareInputs({ q, k, v, logFgate }, options)).out);
}

/**
 * `forgettingAttention`, with what it kept: for counts of pruned blocks and for pictures.
 * @throws ShapeError DTypeError ArgumentError
 */
export function forgettingAttentionWithStats(
  q: Tensor,
  k: Tensor,
  v: Tensor,
  logFgate: Tensor | null,
  options: ForgettingAttentionOptions = {},
): AttentionWithStats {
  return q.device.scope(() => {
    const inputs = prepareInputs({ q, k, v, logFgate }, options);
    const { out, rowStats } = attend(inputs);
    const blocks = (options.ranges ?? options.stopRule)?.blocks;
    const { kept, counts } = keptBlocks(
      { rowStats, visibility: inputs.visibility },
      inputs.dims,
      blocks ?? selectBlocks(inputs.dims, q.device.caps),
    );
    return { out, kept, counts, rowStats };
  });
}

/** Checks the arguments; makes visibility and logLambda where the caller gave none. */
function prepareInputs(
  tensors: Pick<AttentionInputs, 'q' | 'k' | 'v' | 'logFgate'>,
  options: ForgettingAttentionOptions,
): AttentionInputs {
  const { logFgate } = tensors;
  const { ranges = null, stopRule = null, logitBound = null } = options;
  const dims = checkArguments({ ...tensors, ...options });
  const visibility = options.visibility ?? visibilityOf(tensors.q, dims, options);
  // The op gives the gradient of the gates themselves.
  const logLambda =
    options.logLambda ??
    (logFgate && cumulativeLogGate(stopGradient(logFgate), visibility ? { visibility } : {}));
  const smScale = options.smScale ?? 1 / Math.sqrt(dims.headDim);
  return { ...tensors, dims, smScale, visibility, logLambda, ranges, stopRule, logitBound };
}

/** Null where every row sees all keys up to its own. */
function visibilityOf(
  { device }: Tensor,
  { batch, keyLen }: AttentionInputs['dims'],
  { seqStart, cuSeqlens, windowSize }: ForgettingAttentionOptions,
): Tensor | null {
  if (!seqStart && !cuSeqlens && windowSize === undefined) return null;
  return tokenVisibility(device, {
    batch,
    length: keyLen,
    ...(seqStart && { seqStart }),
    ...(cuSeqlens && { cuSeqlens }),
    ...(windowSize !== undefined && { windowSize }),
  });
}
