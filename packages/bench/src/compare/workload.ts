// What ours and another library (a baseline) compute on the same numbers.

import type { Device } from '@vulpes/tensor-core';
import type { BenchCase, Expectations, Workload } from '../case.ts';
import type { Measurement, NotMeasured } from '../schema.ts';

export interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/**
 * - `matmul`: a [m, k], b [k, n] -> c [m, n]
 * - `attention`: q, k, v [B, T, H, D], logFgate [B, T, H] ≤ 0 -> out; with dOut, the gradient of out, also dq, dk, dv, dLogFgate
 * - `train`: inputIds, labels i32 [B, T] -> losses of the first `checkedUpdates` steps of `training`
 */
export interface BaselineWorkload {
  readonly kind: 'matmul' | 'attention' | 'train';
  readonly inputs: Readonly<Record<string, NamedArray>>;
  readonly training?: Training;
}

/** Steps of FoX (LLaMA): forward, backward, clip by global norm, AdamW. Official parameter names. */
export interface Training {
  readonly config: Readonly<
    Record<'vocabSize' | 'hiddenSize' | 'numHiddenLayers' | 'numHeads' | 'normEps', number>
  >;
  readonly parameters: readonly (NamedArray & {
    readonly name: string;
    readonly isDecayed: boolean;
  })[];
  readonly optimizer: Readonly<
    Record<'learningRate' | 'weightDecay' | 'beta1' | 'beta2' | 'epsilon' | 'maxGradNorm', number>
  >;
  readonly checkedUpdates: number;
}

/** Our own way to do what a baseline does. */
export interface Comparison extends Pick<Workload, 'run' | 'dispose'> {
  readonly workload: BaselineWorkload;
  /** By output: c; out, dq, dk, dv, dLogFgate; losses. */
  readonly expected: Expectations;
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
