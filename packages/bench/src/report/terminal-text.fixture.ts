// A whole report as a terminal shows it, for tests: the app prints each case as it ends.

import type { BenchReport } from './report.ts';
import { formatCase, formatEnd } from './table.ts';

export const terminalText = (report: BenchReport): string =>
  [
    ...report.cases.map((one) => formatCase(one, report.timesAre === 'absolute')),
    ...formatEnd(report),
  ].join('\n\n');
