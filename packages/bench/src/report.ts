// The report: everything that is needed to believe a number, as JSON.

import type { Counts, Dims, Mode } from './case.ts';
import type { GateReport } from './gate.ts';
import type { MachineInfo } from './machine.ts';
import type { Summary } from './statistics.ts';
import type { KernelTotal } from './timer.ts';

export const REPORT_SCHEMA = 'vulpes-bench/1';

export interface Timing {
  /** Wall clock: record, submit, run, wait. */
  readonly wallMs: Summary;
  /** Sum of the kernels' GPU timestamps; null where the adapter has none. */
  readonly gpuMs: Summary | null;
  /** Of the run with the median GPU time. */
  readonly kernels: readonly KernelTotal[];
  /** Baseline's time / this variant's, from alternating runs: 2 = twice as fast. By GPU time where there is one. */
  readonly speedup: Summary;
  /** Null on a software adapter. */
  readonly rates: { readonly tflops: number; readonly gbPerSecond: number } | null;
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
  readonly settings: {
    readonly suites: readonly string[];
    readonly runs: number;
    readonly warmups: number;
  };
  readonly machine: MachineInfo;
  readonly cases: readonly CaseReport[];
  /** Variants that the gate refused. */
  readonly refused: number;
  readonly elapsedMs: number;
}

const NOTES = {
  absolute:
    'Times are of this adapter. gpuMs is the sum of GPU timestamps, wallMs the wall clock around record, submit and wait.',
  ratios:
    'A software adapter ran the kernels on the CPU: counts and errors hold anywhere, speedups compare variants within this report, times say nothing about a GPU.',
} as const;

export function buildReport(
  content: Pick<BenchReport, 'settings' | 'machine' | 'cases' | 'elapsedMs'>,
  createdAt: Date,
): BenchReport {
  const timesAre = content.machine.isSoftware ? 'ratios' : 'absolute';
  const refused = content.cases.flatMap(({ variants }) => variants).filter((v) => !v.gate.isOk);
  return {
    schema: REPORT_SCHEMA,
    createdAt: createdAt.toISOString(),
    timesAre,
    note: NOTES[timesAre],
    ...content,
    refused: refused.length,
  };
}
