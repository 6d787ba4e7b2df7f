// Runs the chosen suites and prints, and writes, what came out.

import { writeFileSync } from 'node:fs';
import { adapterName, defaultRuns, formatCase, runSuites } from '@vulpes/bench';
import { createDevice } from '@vulpes/tensor-core';
import { hostInfo } from './host.ts';
import type { BenchArguments } from './options.ts';
import { ProgressLine } from './progress-line.ts';

interface Output {
  write(text: string): unknown;
}

/** @returns exit code: 1 where a variant was refused. */
export async function bench(
  { suites, out, runs, adapter, kernels }: BenchArguments,
  stdout: Output,
): Promise<number> {
  const device = await createDevice({ adapter, kernels });
  stdout.write(`adapter: ${adapterName(device.caps)}\n`);
  for (const note of device.caps.notes) stdout.write(`  ${note}\n`);
  const progress = new ProgressLine(process.stderr);
  const settings = defaultRuns(device);
  const report = await runSuites(device, {
    suites,
    ...settings,
    runs: runs ?? settings.runs,
    host: hostInfo(),
    onProgress: (at) => progress.show(at),
    onCase(caseReport) {
      progress.clear();
      stdout.write(`\n${formatCase(caseReport, !device.caps.isSoftware)}\n`);
    },
  });
  device.dispose();
  stdout.write(`\n${report.note}\n`);
  if (out) {
    writeFileSync(out, `${JSON.stringify(report, null, 2)}\n`);
    stdout.write(`report: ${out}\n`);
  }
  stdout.write(`${verdict(report.refused)} ${(report.elapsedMs / 1000).toFixed(0)} s.\n`);
  return report.refused === 0 ? 0 : 1;
}

const verdict = (refused: number): string =>
  refused === 0
    ? 'Every variant passed its check.'
    : `${refused} variant${refused === 1 ? ' was' : 's were'} refused: the results are wrong, so they were not timed.`;
