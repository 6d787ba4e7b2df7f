// What an inspection of a model finds out: per layer and head, in arrays that a page can draw.

import type { BlockSizes } from '@vulpes/wgsl-kernels';

export interface ModelInspection {
  /** T. */
  readonly seqLen: number;
  readonly numHeads: number;
  readonly logPruningTolerance: number;
  readonly blocks: BlockSizes;
  /** Positions at which rows of attention were computed in f64, ascending, the last token included; both axes of the maps. */
  readonly positions: Int32Array;
  readonly layers: readonly LayerInspection[];
  /** [T − 1], nats: of the token at t + 1 given those up to t. */
  readonly lossPerToken: Float32Array;
}

export interface LayerInspection {
  readonly layer: number;
  readonly heads: readonly HeadInspection[];
}

export interface HeadInspection {
  readonly head: number;
  /** [T], natural log, ≤ 0. */
  readonly logFgate: Float32Array;
  /** [T], cumulative, from the model's own two-part sums. */
  readonly logLambda: Float64Array;
  /** The rule of [ACP v2]: D of a block against δ = −2U − log T + log ε. */
  readonly paper: HeadPruning;
  /** Stops by the running log-sum-exp, at the same ε. */
  readonly certified: HeadPruning;
  /**
   * [positions, positions]: the largest attention weight of the row at one position among the keys up to another one
   * and after the one before it; 0 above the diagonal. Without pruning.
   */
  readonly attention: Float32Array;
  /** Entry n: the share of its attention weight that a row gives to the 2^n keys up to its own, the mean over the rows at `positions`. */
  readonly reach: Float64Array;
}

/** What one rule keeps of one head. */
export interface HeadPruning {
  /** [ceil(T / blockM)], first kept key of each query block. */
  readonly startIndex: Int32Array;
  readonly keptBlocks: number;
  /** Blocks that hold a pair which may be seen: all that dense attention visits. */
  readonly visibleBlocks: number;
  /** Largest share of its attention weight that a row loses, over the rows at `positions`, in f64. */
  readonly droppedMass: number;
}
