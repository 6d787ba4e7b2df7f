// What travels between the benchmark and a JavaScript library's script: job.json with job.bin beside it, and lines of JSON back.

import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BaselineExpected, BaselineWorkload } from '@vulpes/bench';

export interface AdapterName {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
}

export interface BaselineJob {
  /** URL of npm `webgpu`. */
  readonly webgpu: string;
  readonly toggles: readonly string[];
  /** Ours: times compare only on the same adapter. */
  readonly adapter: AdapterName;
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
  prepare(workload: BaselineWorkload): Work;
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
  const data = openSync(join(folder, 'job.bin'), 'w');
  let offset = 0;
  const replaceArray = (_: string, value: unknown): unknown => {
    const dtype = getDtype(value);
    if (dtype === null) return value;
    const array = value as Float32Array;
    const place = { dtype, offset, length: array.length };
    offset += writeSync(data, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return { $data: place };
  };
  const file = join(folder, 'job.json');
  writeFileSync(file, JSON.stringify(job, replaceArray));
  closeSync(data);
  return { file, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

function getDtype(value: unknown): 'f32' | 'f64' | 'i32' | null {
  if (value instanceof Float32Array) return 'f32';
  if (value instanceof Float64Array) return 'f64';
  return value instanceof Int32Array ? 'i32' : null;
}
