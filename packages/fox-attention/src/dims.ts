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

/** What prunes a call, and whether it has gates: each is a branch that the kernels are compiled with or without. */
export interface AttentionFlags {
  readonly hasGate: boolean;
  readonly hasRanges: boolean;
  readonly hasStopRule: boolean;
}

export const HEAD_DIMS: readonly number[] = [16, 32, 64, 128];

/** Hkv */
export const keyHeads = ({ numHeads, numKvHeads }: AttentionDims): number => numKvHeads ?? numHeads;
