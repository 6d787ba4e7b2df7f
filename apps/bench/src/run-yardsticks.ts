// Runs the yardsticks after our own cases; one that cannot run costs no row of the others.

import { type BenchReport, type DeviceSlot, withComparison, type Yardstick } from '@vulpes/bench';
import { FoxError } from '@vulpes/tensor-core';

export interface Compared {
  /** With a row for each measurement, and for what could not be measured. */
  readonly report: BenchReport;
  /** Of the yardsticks that could not run: why and what to do, a sentence each. */
  readonly complaints: readonly string[];
}

/** @param names of the yardsticks, for the report */
export async function runYardsticks(
  report: BenchReport,
  yardsticks: readonly Yardstick[],
  { slot, names, onProgress }: RunContext,
): Promise<Compared> {
  const complaints: string[] = [];
  let compared = report;
  for (const yardstick of yardsticks) {
    const { cases, settings } = report;
    try {
      const context = { cases, device: slot.device, runs: settings.runs, onProgress };
      compared = withComparison(compared, await yardstick(context));
    } catch (error) {
      if (!FoxError.isInstance(error)) throw error;
      complaints.push(error.message);
      const entry = { runner: names.join(', '), case: 'all', why: error.message };
      compared = withComparison(compared, { measurements: [], notMeasured: [entry] });
    }
  }
  return { report: compared, complaints };
}

interface RunContext {
  readonly slot: Pick<DeviceSlot, 'device'>;
  readonly names: readonly string[];
  readonly onProgress: (doing: string) => void;
}
