// What a yardstick (another library on the same machine) hands back for the report.

import type { Device } from '@vulpes/tensor-core';
import type { Measurement, NotMeasured } from './measurement.ts';
import type { CaseReport } from './report.ts';

export interface Comparison {
  readonly measurements: readonly Measurement[];
  readonly notMeasured: readonly NotMeasured[];
}

/** What a yardstick is given: the cases that ran, on a device that is idle. */
export interface ComparisonContext {
  readonly cases: readonly CaseReport[];
  readonly device: Device;
  /** Timed runs of each case. */
  readonly runs: number;
  /** Says in a few words what it is doing. */
  readonly onProgress: (doing: string) => void;
}

export type Yardstick = (context: ComparisonContext) => Promise<Comparison>;
