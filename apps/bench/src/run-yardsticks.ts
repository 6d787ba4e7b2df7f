// Runs the yardsticks after our own cases; one that cannot run costs no row of the others.

import { type BenchReport, type RenewableDevice, withRows } from '@vulpes/bench';
import { FoxError } from '@vulpes/tensor-core';
import type { NamedYardstick } from './compare/index.ts';

export interface Compared {
  /** With a row for each measurement, and for what could not be measured. */
  readonly report: BenchReport;
  /** Of the yardsticks that could not run: why and what to do, a sentence each. */
  readonly complaints: readonly string[];
}

interface RunContext {
  readonly slot: Pick<RenewableDevice, 'device'>;
  readonly onProgress: (doing: string) => void;
  /** Told after each row: the report so far. */
  readonly onReport: (report: BenchReport) => void;
}

export async function runYardsticks(
  ours: BenchReport,
  yardsticks: readonly NamedYardstick[],
  { slot, onProgress, onReport }: RunContext,
): Promise<Compared> {
  const complaints: string[] = [];
  const start = performance.now();
  let report = ours;
  let left: readonly string[] = [];
  const add = (rows: Parameters<typeof withRows>[1]): void => {
    const elapsedMs = ours.elapsedMs + performance.now() - start;
    report = { ...withRows(report, rows), elapsedMs };
    onReport({ ...report, notRun: { cases: [], baselines: left } });
  };
  for (const [index, { name, run }] of yardsticks.entries()) {
    left = yardsticks.slice(index).map((one) => one.name);
    try {
      await run({
        cases: ours.cases,
        device: slot.device,
        runs: ours.settings.runs,
        onProgress,
        onMeasurement: (row) => add({ comparisons: [row] }),
        onNotMeasured: (entry) => add({ notMeasured: [entry] }),
      });
    } catch (error) {
      if (!FoxError.isInstance(error)) throw error;
      complaints.push(error.message);
      add({ notMeasured: [{ kind: 'failed', runner: name, case: 'all', why: error.message }] });
    }
  }
  return { report, complaints };
}
