// What travels between the benchmark and a JavaScript library's script: a file that `node:v8` serializes, and lines of JSON back.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import type { BaselineExpected, BaselineWorkload, NamedArray } from '@vulpes/bench';
import type { DeviceCaps } from '@vulpes/tensor-core';

export interface BaselineJob {
  /** URL of npm `webgpu`. */
  readonly webgpu: string;
  readonly toggles: readonly string[];
  /** Ours: times compare only on the same adapter. */
  readonly adapter: DeviceCaps['adapter'];
  /** Timed runs, after untimed ones for at least `warmMs`. */
  readonly runs: number;
  readonly warmMs: number;
  readonly workload: BaselineWorkload;
  /** By output: c; out, dq, dk, dv, dLogFgate; losses. */
  readonly expected: Readonly<Record<string, BaselineExpected>>;
}

/** A workload on a library's device. */
export interface Work {
  /** Does the work once and waits for the device. */
  run(): Promise<void>;
  outputs(): Promise<Record<string, ArrayLike<number>>>;
}

export interface Library {
  readonly version: string;
  /** Its WebGPU device, to listen for errors. */
  readonly device: GPUDevice;
  /** How each kind of workload is done, for the report. */
  readonly notes: Readonly<Record<BaselineWorkload['kind'], string>>;
  /** An array on its device. */
  upload(array: NamedArray): unknown;
  /** By kind; `inputs` as `upload` made them. */
  readonly works: Readonly<
    Record<
      BaselineWorkload['kind'],
      (inputs: Record<string, unknown>, training?: BaselineWorkload['training']) => Work
    >
  >;
}

export type ScriptLine =
  | { readonly type: 'progress'; readonly doing: string }
  | {
      readonly type: 'result';
      readonly version: string;
      readonly note: string;
      /** The largest of its outputs. */
      readonly deviation: number;
      readonly wallMs: readonly number[];
    }
  | { readonly type: 'failed'; readonly why: string };

/** Writes the job into a new folder. */
export function writeJob(job: BaselineJob): { readonly file: string; dispose(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-job-'));
  const file = join(folder, 'job');
  writeFileSync(file, serialize(job));
  return { file, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}
