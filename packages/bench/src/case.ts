// What a benchmark is made of: a case with variants that do the same work in different ways, each with its f64 reference.

import { ArgumentError, type Device, type Tensor } from '@vulpes/tensor-core';
import type { BaselineWorkload } from './compare/workload.ts';
import type { Counts, Dims, Mode } from './schema.ts';

export type { Counts, Dims, Mode } from './schema.ts';

/** @throws ArgumentError where the case does not name this size. */
export function dim(dims: Dims, name: string): number {
  const size = dims[name];
  if (size !== undefined) return size;
  throw new ArgumentError(
    `bench: expected a case with the dimension '${name}', got ${formatDims(dims) || 'none'}; name it in dims and checkDims.`,
  );
}

/** What an output must be: within an RMS error ratio of the f64 reference; a bound of 0 demands equality. */
export interface Expected {
  readonly values: ArrayLike<number>;
  readonly bound: number;
  /** Which elements of the output `values` are, where the reference computes only some. Default: all. */
  readonly indices?: ArrayLike<number>;
  /** What is compared in place of an output of `run()`. */
  readonly actual?: ArrayLike<number>;
}

/** What each output must be, by its name in `run()`. */
export type Expectations = Readonly<Record<string, Expected>>;

/** One variant, with its inputs on the device, which it owns until `dispose()`. */
export interface Workload {
  /** Records the timed work. The outputs belong to the caller's scope. */
  run(): Readonly<Record<string, Tensor>>;
  /** The outputs by the f64 reference. */
  expected(): Expectations | Promise<Expectations>;
  /** Some elements of the outputs at the timed sizes, by the f64 reference: where `expected` takes too long there. */
  sample?(): Expectations | Promise<Expectations>;
  /** Of one run; called after the timed runs. */
  counts(): Counts | Promise<Counts>;
  /** The same work for other libraries; only of variants that prune nothing. */
  readonly baseline?: BaselineWorkload;
  /** GPU memory that it keeps from run to run, its inputs apart. Default: none. */
  heldBytes?(): number;
  dispose(): void;
}

/** One way to do a case's work. */
export interface Variant {
  /** As it stands in the tables. */
  readonly name: string;
  /**
   * Puts the inputs on the device, and does what comes before the timed work. The caller disposes of the workload.
   * @throws ArgumentError where `dims` lacks a size
   */
  build(device: Device, dims: Dims): Workload | Promise<Workload>;
}

/** Work at some sizes, and the ways to do it. */
export interface BenchCase {
  readonly suite: string;
  readonly op: string;
  readonly mode: Mode;
  /** Sizes that are timed. */
  readonly dims: Dims;
  /** Sizes that are checked against the f64 reference first, where the reference would take too long at `dims`. Default: `dims`. */
  readonly checkDims?: Dims;
  /** Of a model's case: the preset that gave its sizes. */
  readonly preset?: string;
  /** Floating-point operations of one run with nothing pruned, roughly: tells large cases from small ones. */
  readonly flops?: number;
  /** The same of what `counts` runs, where that is more than the timed work. */
  readonly countFlops?: number;
  /** Runs only where `--case` names it: too long for the adapter's default run. */
  readonly isOnRequest?: boolean;
  /** How the inputs were made, for the report. */
  readonly inputs: string;
  /** Ratios are against the first. */
  readonly variants: readonly Variant[];
}

/** `attention/forward B1-T512-H4-D64`; with a preset, which stands for the sizes of the model, `train-step/step pro-125m B1-T2048`. */
export function caseId({
  op,
  mode,
  dims,
  preset,
}: Pick<BenchCase, 'op' | 'mode' | 'dims' | 'preset'>): string {
  if (preset === undefined) return `${op}/${mode} ${formatDims(dims)}`;
  return `${op}/${mode} ${preset} ${formatDims({ B: dim(dims, 'B'), T: dim(dims, 'T') })}`;
}

export const formatDims = (dims: Dims): string =>
  Object.entries(dims)
    .map(([name, value]) => `${name}${value}`)
    .join('-');
