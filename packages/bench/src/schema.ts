// What a report holds, as a schema: types derive from it, and a stored report is checked by it. Imports nothing of this package.

import type { DeviceCaps } from '@vulpes/tensor-core';
import * as v from 'valibot';

export const REPORT_SCHEMA = 'vulpes-bench/5';

const list = <T extends v.GenericSchema>(item: T) => v.pipe(v.array(item), v.readonly());
const text = v.string();
const number = v.number();
const flag = v.boolean();

/** Sizes of a case by name, such as T for tokens. */
const dims = v.pipe(v.record(text, number), v.readonly());
export type Dims = v.InferOutput<typeof dims>;

/** What a run does: one pass, both, the search before attention, or a whole training step. */
const mode = v.picklist(['forward', 'forward+backward', 'search', 'step']);
export type Mode = v.InferOutput<typeof mode>;

/** Order statistics of repeated measurements, in the unit of the samples. */
const summary = v.object({ runs: number, median: number, p10: number, p90: number, min: number });
export type Summary = v.InferOutput<typeof summary>;

const outputCheck = v.object({
  output: text,
  /** RMS(actual − expected) / RMS(expected); null where it is not a number, or the sizes differ. */
  rmsErrorRatio: v.nullable(number),
  bound: number,
  isOk: flag,
  /** Of a check by a sample: the timed sizes. Otherwise those of the whole check hold. */
  dims: v.optional(dims),
});
/** One output against its f64 reference. */
export type OutputCheck = v.InferOutput<typeof outputCheck>;

const checkReport = v.object({
  isOk: flag,
  /** Sizes at which whole outputs were checked. */
  dims,
  outputs: list(outputCheck),
});
export type CheckReport = v.InferOutput<typeof checkReport>;

const counts = v.object({
  /** Floating-point operations of the products that the timed work does, recomputed ones included (2 per multiply-add). */
  flops: number,
  /** Bytes read and written: of products and elementwise work each value once; of attention the tiles of each kept block. */
  bytes: number,
  /** False where the timed work is only the search: flops and bytes are of the attention after it, so there are no rates. Default: true. */
  countsDescribeTimedWork: v.optional(flag),
  /** Blocks of the attention matrix, summed over batch and heads. */
  keptBlocks: v.optional(number),
  causalBlocks: v.optional(number),
  /** Of a pruning rule: the largest share of its attention weight that a row loses, in f64. */
  droppedMass: v.optional(number),
  /** It was computed for one row in so many. */
  droppedMassEvery: v.optional(number),
  /** Of decoding, in bytes: after the prompt, at most, and without eviction. */
  cache: v.optional(v.object({ keptBytes: number, peakBytes: number, fullBytes: number })),
});
/** Work that needs no clock. */
export type Counts = v.InferOutput<typeof counts>;

const kernelTotal = v.object({ label: text, launches: number, ms: number });
/** Launches of one program added up. */
export type KernelTotal = v.InferOutput<typeof kernelTotal>;

const shares = v.object({
  /** FLOP/s of the work / those of the peak; above 1 where the peak is too low. */
  ofPeak: number,
  /** Bytes/s of the work / those of the peak; above 1 where caches serve the work. */
  ofBandwidth: number,
  /** The larger of the two. */
  bound: v.picklist(['compute', 'memory']),
});
export type Shares = v.InferOutput<typeof shares>;

const timing = v.object({
  /** Record, submit, run, wait. */
  wallMs: summary,
  /** Wall clock of a run among others, each recorded while the one before it runs; of hardware adapters. */
  streamMs: v.optional(number),
  /** Sum of the kernels' GPU timestamps; null on a software adapter, and without timestamps. */
  gpuMs: v.nullable(summary),
  /** Of the run with the median GPU time, by kernel and chosen spec. */
  kernels: list(kernelTotal),
  /** Time of the first variant / time of this one, from alternating runs: 2 = twice as fast. By GPU time where there is one. */
  speedup: summary,
  /** Null on a software adapter. */
  rates: v.nullable(v.object({ tflops: number, gbPerSecond: number })),
  /** Of the peaks measured in the same run; null without them. */
  shares: v.nullable(shares),
});
export type Timing = v.InferOutput<typeof timing>;

const variantReport = v.object({
  name: text,
  check: checkReport,
  /** Null where the check failed: such a variant is neither timed nor counted. */
  timing: v.nullable(timing),
  counts: v.nullable(
    v.object({
      ...counts.entries,
      /** Kernel launches of one run. */
      dispatches: number,
      /** GPU memory that one run needs above its inputs. */
      peakBytes: number,
      /** 1 − kept / causal; null where nothing can be pruned. */
      prunedShare: v.nullable(number),
    }),
  ),
});
export type VariantReport = v.InferOutput<typeof variantReport>;

const caseReport = v.object({
  id: text,
  suite: text,
  op: text,
  mode,
  dims,
  /** Of a model's case: the preset that gave its sizes. */
  preset: v.nullable(text),
  /** How the inputs were made. */
  inputs: text,
  variants: list(variantReport),
});
export type CaseReport = v.InferOutput<typeof caseReport>;

const measurement = v.object({
  /** Id of our case. */
  case: text,
  /** Our variant that does the same work. */
  variant: text,
  /** `tfjs`, `pytorch` … */
  runner: text,
  wallMs: summary,
  /** Null where the runner has no GPU timestamps. */
  gpuMs: v.nullable(summary),
  /** Its wall time / ours, from rounds in which both took turns. */
  timeOverOurs: v.optional(summary),
  /** What differs from our work: dtype, composition, adapter. */
  note: v.optional(text),
});
/** A case of ours as another library ran it. */
export type Measurement = v.InferOutput<typeof measurement>;

/** `left-out`: there was no time for it, or another case stands for it. */
const notMeasuredKind = v.picklist(['left-out', 'did-not-fit', 'failed', 'unsupported']);
export type NotMeasuredKind = v.InferOutput<typeof notMeasuredKind>;

const notMeasured = v.object({ kind: notMeasuredKind, runner: text, case: text, why: text });
/** A case that a runner did not time, and why. */
export type NotMeasured = v.InferOutput<typeof notMeasured>;

const peaks = v.object({
  /** Multiply-adds in registers. */
  compute: v.object({
    flops: number,
    ms: summary,
    /** The fastest of the launches tried. Older reports have none. */
    launch: v.optional(v.object({ threads: number, chains: number })),
  }),
  /** A copy that is larger than any cache. */
  memory: v.object({ bytes: number, ms: summary }),
});
/** What this adapter reached in this run. A peak is the fastest of its runs. */
export type Peaks = v.InferOutput<typeof peaks>;

const host = v.object({
  /** `node v20.20.2`, or a browser's user agent. */
  runtime: text,
  platform: text,
  cpu: v.nullable(text),
  cores: number,
  /** Commit that the code was built from, and whether files differed from it. */
  commit: v.nullable(text),
  isDirty: v.nullable(flag),
});
/** What only the app knows; a browser knows less than Node. */
export type HostInfo = v.InferOutput<typeof host>;

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;

const machine = v.looseObject({
  adapter: v.custom<DeviceCaps['adapter']>(isObject),
  isSoftware: flag,
  /** Forced variants such as `matmul=tiled, scalar`, else `auto`; in older reports `gpu` or `software`, or missing. */
  kernels: v.optional(text),
  features: v.custom<DeviceCaps['features']>(isObject),
  limits: v.custom<DeviceCaps['limits']>(isObject),
  toggles: list(text),
  notes: list(text),
  host,
});
export type MachineInfo = v.InferOutput<typeof machine>;

/** Options that chose the cases and the device; null = not given, or an older report does not say. */
const invocation = {
  suites: list(text),
  /** Part of the names of the cases. */
  caseText: v.nullable(text),
  presets: v.nullable(list(text)),
  adapter: v.nullable(text),
  /** As in `machine`. */
  kernels: v.nullable(text),
};
const invocationSchema = v.object(invocation);
export type Invocation = v.InferOutput<typeof invocationSchema>;

const settings = v.object({
  ...invocation,
  /** Timed runs of each variant; a long one has fewer, see its timing. */
  runs: number,
  warmSeconds: number,
  /** Runs longer than this are long, in ms; null = an older report does not say. */
  longRunMs: v.nullable(number),
  budgetSeconds: v.nullable(number),
});
export type ReportSettings = v.InferOutput<typeof settings>;

export const reportSchema = v.object({
  schema: v.literal(REPORT_SCHEMA),
  /** ISO 8601, UTC. */
  createdAt: text,
  /** `ratios`: a software adapter ran, so times compare only within this report. */
  timesAre: v.picklist(['absolute', 'ratios']),
  note: text,
  /** Variants with wrong outputs, a line each: where there is one, no number of the report may be quoted. */
  failedChecks: list(text),
  settings,
  machine,
  /** Null where they were not measured. */
  peaks: v.nullable(peaks),
  cases: list(caseReport),
  comparisons: list(measurement),
  notMeasured: list(notMeasured),
  /** Cases that ended in an error other than one of size. */
  failed: number,
  elapsedMs: number,
});
export type BenchReport = v.InferOutput<typeof reportSchema>;
