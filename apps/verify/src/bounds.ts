// How far results may be from the official ones: for a build that computes in f32, and for mixed precision.

/** What q, k and v are, or what a model computes with. */
export type CheckedDType = 'f32' | 'f16';

export const CHECKED_DTYPES: readonly CheckedDType[] = ['f32', 'f16'];

/** RMS error ratios, but where it says so. */
export interface Bounds {
  /** Attention's output, and its gradients. */
  readonly out: number;
  readonly gradient: number;
  /** Relative: the threshold from the norms of q and k. One rounding for each product and sum. */
  readonly threshold: number;
  /** What rounding moves a row of the output by, relative to the longest row of v; the guarantee of pruning comes on top. */
  readonly rounding: number;
  /** A model against f32 code with f64 attention: logits and losses, and its gradients. */
  readonly logits: number;
  readonly modelGradient: number;
  /** The gradient of a gate is what is left of sums that cancel, and its bias sums that over all tokens. */
  readonly gateBiasGradient: number;
  /** Relative, per step of training. Small differences grow from step to step. */
  readonly trainLoss: number;
  readonly trainGradNorm: number;
  /** AdamW turns the smallest gradient into a full step, so noise in it counts more than in the loss. */
  readonly finalParameters: number;
}

export const BOUNDS: Readonly<Record<CheckedDType, Bounds>> = {
  f32: {
    ...{ out: 1e-5, gradient: 1e-4, threshold: 1e-5, rounding: 0 },
    ...{ logits: 1e-4, modelGradient: 1e-3, gateBiasGradient: 1e-3 },
    ...{ trainLoss: 2e-3, trainGradNorm: 2e-3, finalParameters: 5e-3 },
  },
  f16: {
    ...{ out: 5e-3, gradient: 5e-3, threshold: 1e-3, rounding: 5e-3 },
    ...{ logits: 5e-3, modelGradient: 1e-2, gateBiasGradient: 5e-2 },
    ...{ trainLoss: 5e-3, trainGradNorm: 2e-2, finalParameters: 2e-2 },
  },
};
