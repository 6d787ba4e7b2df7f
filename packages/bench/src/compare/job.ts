// What ours and a peer are both asked to do: sizes, and every number that goes in.

export interface MatmulJob {
  readonly kind: 'matmul';
  /** a [m, k] b [k, n] -> c [m, n] */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

export interface AttentionJob {
  readonly kind: 'attention';
  readonly batch: number;
  readonly length: number;
  readonly heads: number;
  readonly headDim: number;
  /** [B, T, H, D] */
  readonly q: Float32Array;
  readonly k: Float32Array;
  readonly v: Float32Array;
  /** [B, T, H], ≤ 0 */
  readonly logFgate: Float32Array;
  /** Gradient of the output [B, T, H, D]; null = forward only. */
  readonly dOut: Float32Array | null;
}

export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
  readonly isDecayed: boolean;
}

/** A training step of FoX (LLaMA): forward, backward, clip by global norm, AdamW. Official parameter names. */
export interface TrainJob {
  readonly kind: 'train';
  readonly config: {
    readonly vocabSize: number;
    readonly hiddenSize: number;
    readonly numHiddenLayers: number;
    readonly numHeads: number;
    readonly normEps: number;
  };
  readonly parameters: readonly Parameter[];
  /** [B, T] */
  readonly inputIds: Int32Array;
  readonly labels: Int32Array;
  readonly batch: number;
  readonly length: number;
  readonly optimizer: {
    readonly learningRate: number;
    readonly weightDecay: number;
    readonly beta1: number;
    readonly beta2: number;
    readonly epsilon: number;
    readonly maxGradNorm: number;
  };
  /** Updates whose losses are compared. */
  readonly checkedUpdates: number;
}

export type Job = MatmulJob | AttentionJob | TrainJob;
