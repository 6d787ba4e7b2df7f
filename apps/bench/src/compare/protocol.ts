// What travels between the benchmark and a peer's process (tools/yardsticks), and what a peer has to offer.

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

/** One job with its inputs on the device. */
export interface Work {
  /** Does the work once and waits for the device. */
  run(): Promise<void>;
  /** Does the work and reads back what is compared: c; out (dq, dk, dv, dLogFgate); losses. */
  outputs(): Promise<Record<string, Float32Array>>;
  dispose(): void;
}

export interface Peer {
  readonly version: string;
  /** Its WebGPU device, to listen for errors. */
  readonly device: GPUDevice;
  /** How each kind of job is done, for the report. */
  readonly notes: Readonly<Record<Job['kind'], string>>;
  prepare(job: Job): Work;
}

export interface Start {
  readonly type: 'start';
  readonly peer: string;
  /** URL of npm `webgpu`. */
  readonly webgpu: string;
  readonly toggles: readonly string[];
}
export interface Check {
  readonly type: 'check';
  readonly job: Job;
}
export interface Time {
  readonly type: 'time';
  /** Timed. */
  readonly runs: number;
  /** Untimed work before them, in milliseconds. */
  readonly warmMs: number;
}
export type Request = Start | Check | Time;

export interface AdapterName {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}
export type Reply =
  /** With the adapter of the device that the peer works on. */
  | { readonly type: 'ready'; readonly adapter: AdapterName; readonly version: string }
  | {
      readonly type: 'outputs';
      readonly outputs: Record<string, Float32Array>;
      readonly note: string;
    }
  | { readonly type: 'times'; readonly ms: readonly number[] }
  | { readonly type: 'failed'; readonly reason: string };
