// What travels between the benchmark and a peer's process (tools/yardsticks), and what a peer has to offer.

import type { Job } from '@vulpes/bench';

export type { AttentionJob, Job, MatmulJob, TrainJob } from '@vulpes/bench';

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
