// Sizes of one attention call, and what of the optional inputs it has.

/** q [B, M, H, D]; k, v [B, N, H, D]; query i stands at key position N − M + i. */
export interface AttentionDims {
  readonly batch: number;
  /** M */
  readonly queryLen: number;
  /** N ≥ M */
  readonly keyLen: number;
  readonly numHeads: number;
  /** D */
  readonly headDim: number;
}

/** Which optional inputs a call has: each is a branch that the kernels are compiled with or without. */
export interface AttentionFlags {
  readonly hasGate: boolean;
  readonly hasPadding: boolean;
  readonly hasRanges: boolean;
}

export const HEAD_DIMS: readonly number[] = [16, 32, 64, 128];
