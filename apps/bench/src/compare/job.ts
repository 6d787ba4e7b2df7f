// What travels between the benchmark and a JavaScript library's script: a file that `node:v8` serializes, lines of JSON and a file of outputs back.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { BaselineWorkload, NamedArray } from '@vulpes/bench';
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
  /** File for the outputs by name, as `node:v8` serializes them: checked by us. */
  readonly outputs: string;
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
      readonly wallMs: readonly number[];
    }
  | { readonly type: 'failed'; readonly why: string };

/** Writes the job into a new folder. @returns its file, and a function that reads the outputs */
export function writeJob(job: Omit<BaselineJob, 'outputs'>) {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-job-'));
  const [file, outputs] = [join(folder, 'job'), join(folder, 'outputs')];
  writeFileSync(file, serialize({ ...job, outputs }));
  return {
    file,
    readOutputs: (): Record<string, ArrayLike<number>> => deserialize(readFileSync(outputs)),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}
