// Reads a report that is to be shown: one with failed checks is not.

import { readFileSync } from 'node:fs';
import { type BenchReport, formatFailedChecks, parseReport } from '@vulpes/bench';
import { ArgumentError } from '@vulpes/tensor-core';

/** @throws ArgumentError for a file that is no report, and for one with failed checks */
export function storedReport(command: string, file: string): BenchReport {
  const report = parseReport(readFileSync(file, 'utf8'), file);
  if (report.failedChecks.length === 0) return report;
  throw new ArgumentError(
    `bench ${command}: ${file} has failed checks: ${formatFailedChecks(report.failedChecks)}. Correct the results, and measure again.`,
  );
}
