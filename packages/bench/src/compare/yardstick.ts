// What a yardstick (another library on the same machine) is given, and tells for the report.

import type { Device } from '@vulpes/tensor-core';
import type { CaseReport, Measurement, NotMeasured } from '../report/report.ts';

/** What a yardstick is given: the cases that ran, on a device that is idle. */
export interface ComparisonContext {
  readonly cases: readonly CaseReport[];
  readonly device: Device;
  /** Timed runs of each case. */
  readonly runs: number;
  /** Says in a few words what it is doing. */
  readonly onProgress: (doing: string) => void;
  /** Takes a row as soon as there is one: what ends a yardstick early costs no row before it. */
  readonly onMeasurement: (row: Measurement) => void;
  readonly onNotMeasured: (entry: NotMeasured) => void;
}

/** @throws FoxError where it cannot run: why and what to do, in a sentence */
export type Yardstick = (context: ComparisonContext) => Promise<void>;
