// Sizes of one attention call, and what of the optional inputs it has.

/** q [B, M, H, D]; k, v [B, N, Hkv, D]; query i stands at key position N − M + i. */
export interface AttentionDims {
  readonly batch: number;
  /** M */
  readonly queryLen: number;
  /** N ≥ M */
  readonly keyLen: number;
  /** H, query heads */
  readonly numHeads: number;
  /** Hkv, a divisor of H: query head h reads key head ⌊h / (H / Hkv)⌋. Default H. */
  readonly numKvHeads?: number;
  /** D */
  readonly headDim: number;
}

/** Element type of q, k, v and out. Sums and row stats are f32 in any case. */
export type AttentionDType = 'f32' | 'f16';

/** What prunes a call, whether it has gates, what its tensors are made of: the kernels are compiled for each. */
export interface AttentionFlags {
  readonly dtype: AttentionDType;
  /** Whether the caller bounds the logits. */
  readonly hasLogitBound: boolean;
  readonly hasGate: boolean;
  readonly hasRanges: boolean;
  readonly hasStopRule: boolean;
}

export const HEAD_DIMS: readonly number[] = [16, 32, 64, 128];

/** Hkv */
export const keyHeads = ({ numHeads, numKvHeads }: AttentionDims): number => numKvHeads ?? numHeads;
