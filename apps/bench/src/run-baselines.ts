// Runs the baselines after our own cases; one that cannot run costs no row of the others.

import {
  type BenchCase,
  type BenchReport,
  caseId,
  type Measurement,
  type NotMeasured,
  type RenewableDevice,
} from '@vulpes/bench';
import { FoxError } from '@vulpes/tensor-core';
import type { Baseline } from './compare/index.ts';

export interface Compared {
  /** With a row for each measurement, and for what could not be measured. */
  readonly report: BenchReport;
  /** Of the baselines that could not run: why and what to do, a sentence each. */
  readonly complaints: readonly string[];
}

interface RunContext {
  /** As they were to run; only those of the report are compared. */
  readonly cases: readonly BenchCase[];
  readonly slot: Pick<RenewableDevice, 'device'>;
  readonly onProgress: (doing: string) => void;
  /** Called after each row with the report so far. */
  readonly onReport: (report: BenchReport) => void;
}

export async function runBaselines(
  ours: BenchReport,
  baselines: readonly Baseline[],
  { cases, slot, onProgress, onReport }: RunContext,
): Promise<Compared> {
  const complaints: string[] = [];
  const start = performance.now();
  let report = ours;
  const add = (comparisons: Measurement[], notMeasured: NotMeasured[] = []): void => {
    report = {
      ...report,
      comparisons: [...report.comparisons, ...comparisons],
      notMeasured: [...report.notMeasured, ...notMeasured],
      elapsedMs: ours.elapsedMs + performance.now() - start,
    };
    onReport(report);
  };
  for (const { name, run } of baselines) {
    try {
      await run({
        cases: cases.filter((one) => ours.cases.some(({ id }) => id === caseId(one))),
        device: slot.device,
        runs: ours.settings.runs,
        onProgress,
        onMeasurement: (row) => add([row]),
        onNotMeasured: (entry) => add([], [entry]),
      });
    } catch (error) {
      if (!FoxError.isInstance(error)) throw error;
      complaints.push(error.message);
      add([], [{ kind: 'failed', runner: name, case: 'all', why: error.message }]);
    }
  }
  return { report, complaints };
}
