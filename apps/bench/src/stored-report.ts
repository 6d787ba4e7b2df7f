// Reads a report for the docs: refused ones are not for showing.

import { readFileSync } from 'node:fs';
import { type BenchReport, formatRefusals, parseReport } from '@vulpes/bench';
import { ArgumentError } from '@vulpes/tensor-core';

/** @throws ArgumentError for a file that is no report, and for a refused one */
export function storedReport(command: string, file: string): BenchReport {
  const report = parseReport(readFileSync(file, 'utf8'), file);
  if (report.refused.length === 0) return report;
  throw new ArgumentError(
    `bench ${command}: ${file} is refused: ${formatRefusals(report.refused)}. Make the results right, and measure again.`,
  );
}
