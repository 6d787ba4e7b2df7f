// One piece of work that ours and the peers do on the same numbers: the job that travels, our own doing of it, and how close results must be.

import type { Device, Tensor } from '@vulpes/tensor-core';
import type { Job } from './job.ts';

/** Our side of a job, with its inputs on the device. */
export interface OurWork {
  /** Records the work; what it returns belongs to the caller's scope. */
  record(): unknown;
  /** Does the work and reads back what is compared. */
  outputs(): Promise<Record<string, Float32Array>>;
  dispose(): void;
}

export interface Exercise {
  readonly suite: string;
  /** As the bench names its cases. */
  readonly caseId: string;
  /** Of our variants the one that does the same work. */
  readonly variant: string;
  /** What is the same for all, for the report. */
  readonly what: string;
  /** Largest RMS error ratio of a peer's outputs against ours; of losses, the largest difference. */
  readonly bound: number;
  /** Uploads our inputs; the job holds the same numbers for a peer. */
  prepare(device: Device): Promise<{ job: Job; ours: OurWork }>;
}

/** Reads tensors and frees them. */
export async function download(
  tensors: Readonly<Record<string, Tensor>>,
): Promise<Record<string, Float32Array>> {
  const values: Record<string, Float32Array> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    values[name] = (await tensor.data()) as Float32Array;
    tensor.dispose();
  }
  return values;
}
