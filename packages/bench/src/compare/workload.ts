// What ours and another library (a baseline) compute on the same numbers.

import type { Device } from '@vulpes/tensor-core';
import type { BenchCase } from '../case.ts';
import type { Measurement, NotMeasured } from '../schema.ts';

export interface MatmulWorkload {
  readonly kind: 'matmul';
  /** a [m, k] b [k, n] -> c [m, n] */
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: Float32Array;
  readonly b: Float32Array;
}

export interface AttentionWorkload {
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

/** A training step of FoX (LLaMA): forward, backward, clip by global norm, AdamW. Official parameter names. */
export interface TrainWorkload {
  readonly kind: 'train';
  readonly config: {
    readonly vocabSize: number;
    readonly hiddenSize: number;
    readonly numHiddenLayers: number;
    readonly numHeads: number;
    readonly normEps: number;
  };
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
    readonly isDecayed: boolean;
  }[];
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
  /** Updates whose losses are checked. */
  readonly checkedUpdates: number;
}

export type BaselineWorkload = MatmulWorkload | AttentionWorkload | TrainWorkload;

/** What an output of a baseline must be. */
export interface BaselineExpected {
  readonly values: ArrayLike<number>;
  /** Which elements `values` are; all where it is left out. */
  readonly indices?: ArrayLike<number>;
  readonly measure: 'RMS error ratio' | 'largest difference';
  readonly bound: number;
}

/** A workload with our own way to do it. */
export interface Comparison {
  readonly workload: BaselineWorkload;
  readonly expected: Readonly<Record<string, BaselineExpected>>;
  /** Records our work; what it returns belongs to the caller's scope. */
  run(): unknown;
  dispose(): void;
}

/** A case that a baseline can do. */
export interface ComparedCase {
  /** As the report names it. */
  readonly caseId: string;
  /** Of our variants the one that does the same work. */
  readonly variant: string;
  /** What is the same for all, for the report. */
  readonly description: string;
  prepare(device: Device): Promise<Comparison>;
}

/** What a baseline gets: the cases that ran, on a device that is idle. */
export interface BaselineContext {
  readonly cases: readonly BenchCase[];
  readonly device: Device;
  /** Timed runs of each case. */
  readonly runs: number;
  readonly onProgress: (doing: string) => void;
  /** Takes each row when it is there: an early end keeps the rows before it. */
  readonly onMeasurement: (row: Measurement) => void;
  readonly onNotMeasured: (entry: NotMeasured) => void;
}

/** @throws FoxError where it cannot run: why and what to do, in a sentence */
export type RunBaseline = (context: BaselineContext) => Promise<void>;
