// The report: everything that is needed to believe a number, as JSON.

import type { AdapterChoice, KernelFamily } from '@vulpes/tensor-core';
import type { Counts, Dims, Mode } from '../case.ts';
import type { RunSettings } from '../clocks/rounds.ts';
import type { Summary } from '../clocks/statistics.ts';
import type { KernelTotal } from '../clocks/timer.ts';
import type { GateReport } from '../gate.ts';
import type { Peaks, Shares } from '../peaks/shares.ts';
import type { MachineInfo } from './machine.ts';
import type { Measurement, NotMeasured } from './measurement.ts';
import { type Refusal, refusalsOf } from './refusal.ts';

export const REPORT_SCHEMA = 'vulpes-bench/4';
/** Our own name among the runners. */
export const OURS = 'vulpes';

export interface Timing {
  /** Wall clock: record, submit, run, wait. */
  readonly wallMs: Summary;
  /** Sum of the kernels' GPU timestamps; null on a software adapter, and where there are none. */
  readonly gpuMs: Summary | null;
  /** Of one run, by program: kernel and chosen spec. The run with the median GPU time. */
  readonly kernels: readonly KernelTotal[];
  /** Baseline's time / this variant's, from alternating runs: 2 = twice as fast. By GPU time where there is one. */
  readonly speedup: Summary;
  /** Null on a software adapter. */
  readonly rates: { readonly tflops: number; readonly gbPerSecond: number } | null;
  /** Of the peaks measured in the same run; null where they were not. */
  readonly shares: Shares | null;
}

export interface VariantReport {
  readonly name: string;
  readonly gate: GateReport;
  /** Null where the gate was red: such a variant is neither timed nor counted. */
  readonly timing: Timing | null;
  readonly counts:
    | (Counts & {
        /** Kernel launches of one run. */
        readonly dispatches: number;
        /** GPU memory that one run needed above its inputs. */
        readonly peakBytes: number;
        /** 1 − kept / causal; null where nothing can be pruned. */
        readonly prunedShare: number | null;
      })
    | null;
}

export interface CaseReport {
  readonly id: string;
  readonly suite: string;
  readonly op: string;
  readonly mode: Mode;
  readonly dims: Dims;
  /** Of a model's case: the preset that gave its sizes. */
  readonly preset: string | null;
  readonly inputs: string;
  readonly variants: readonly VariantReport[];
}

export interface BenchReport {
  readonly schema: typeof REPORT_SCHEMA;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  /** `ratios`: a software adapter ran, so times compare only within this report. */
  readonly timesAre: 'absolute' | 'ratios';
  readonly note: string;
  /** Outputs that the gate found wrong: where there is one, no number of the report is to be quoted. */
  readonly refused: readonly Refusal[];
  readonly settings: ReportSettings;
  readonly machine: MachineInfo;
  /** Null where they could not be measured. */
  readonly peaks: Peaks | null;
  readonly cases: readonly CaseReport[];
  /** Rows of the yardsticks. */
  readonly comparisons: readonly Measurement[];
  /** Cases that a runner, ours included, did not time: too large, over the budget, not supported. */
  readonly notMeasured: readonly NotMeasured[];
  /** Had not run to the end when this was written: a run that was ended early leaves some. */
  readonly notRun: NotRun;
  /** Cases that ended in an error which is not one of size. */
  readonly failed: number;
  readonly elapsedMs: number;
}

export interface NotRun {
  /** Ids. */
  readonly cases: readonly string[];
  readonly yardsticks: readonly string[];
}

/** What chose the cases and the device, for the report to tell; null = nothing was asked, or an old report does not say. */
export interface AskedFor {
  readonly suites: readonly string[];
  /** Part of the names of the cases. */
  readonly caseText: string | null;
  readonly maxTokens: number | null;
  readonly presets: readonly string[] | null;
  readonly adapter: AdapterChoice | null;
  readonly kernels: KernelFamily | 'auto' | null;
}

/** A variant whose runs are long had fewer of them, see its timing. */
export interface ReportSettings extends Omit<RunSettings, 'longRunMs'>, AskedFor {
  /** Runs longer than this are long, in milliseconds; null = an old report does not say. */
  readonly longRunMs: number | null;
  readonly budgetSeconds: number | null;
}

const NOTES = {
  absolute:
    'Times are of this adapter. gpuMs is the sum of GPU timestamps, wallMs the wall clock around record, submit and wait. Shares are of the peaks that this run measured.',
  ratios:
    'A software adapter ran the kernels on the CPU: counts and errors hold anywhere, speed-ups and shares compare work within this report, times say nothing about a GPU.',
} as const;

export type ReportContent = Omit<
  BenchReport,
  'schema' | 'createdAt' | 'timesAre' | 'note' | 'refused'
>;

export function buildReport(content: ReportContent, createdAt: Date): BenchReport {
  const timesAre = content.machine.isSoftware ? 'ratios' : 'absolute';
  return {
    schema: REPORT_SCHEMA,
    createdAt: createdAt.toISOString(),
    timesAre,
    note: NOTES[timesAre],
    refused: refusalsOf(content.cases),
    ...content,
  };
}

/** The same report with more rows. */
export const withRows = (
  report: BenchReport,
  { comparisons = [], notMeasured = [] }: Partial<Pick<BenchReport, 'comparisons' | 'notMeasured'>>,
): BenchReport => ({
  ...report,
  comparisons: [...report.comparisons, ...comparisons],
  notMeasured: [...report.notMeasured, ...notMeasured],
});
