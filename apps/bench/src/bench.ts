// Runs the chosen suites and yardsticks and prints, and writes, what came out.

import {
  adapterName,
  type BenchReport,
  DeviceSlot,
  defaultSettings,
  formatCase,
  formatEnd,
  runSuites,
  withComparison,
} from '@vulpes/bench';
import { createDevice } from '@vulpes/tensor-core';
import { createYardsticks } from './compare/index.ts';
import { hostInfo } from './host.ts';
import type { BenchArguments } from './options.ts';
import { reportFiles, writeReport } from './outputs.ts';
import { ProgressLine } from './progress-line.ts';

export interface Output {
  write(text: string): unknown;
}

/** @returns exit code: 1 where a variant was refused, or a case failed for another reason than its size. */
export async function bench(given: BenchArguments, stdout: Output): Promise<number> {
  const yardsticks = createYardsticks(given.compare, given);
  const files = reportFiles(given, new Date());
  const slot = await DeviceSlot.open(() => createDevice(given));
  const { caps } = slot.device;
  stdout.write(`adapter: ${adapterName(caps)}\n`);
  for (const note of caps.notes) stdout.write(`  ${note}\n`);
  const progress = new ProgressLine(process.stderr);
  const settings = defaultSettings(slot.device);
  let report = await runSuites(slot, {
    ...given,
    ...settings,
    runs: given.runs ?? settings.runs,
    budgetSeconds: given.budgetSeconds ?? settings.budgetSeconds,
    host: hostInfo(),
    onProgress: (at) => progress.show(at),
    onCase(caseReport) {
      progress.clear();
      stdout.write(`\n${formatCase(caseReport, !caps.isSoftware)}\n`);
    },
    onNotMeasured({ case: id, why }) {
      progress.clear();
      stdout.write(`\n${id}: ${why}\n`);
    },
  });
  for (const yardstick of yardsticks) {
    const comparison = await yardstick({
      cases: report.cases,
      device: slot.device,
      runs: report.settings.runs,
      onProgress: (doing) => progress.say(doing),
    });
    report = withComparison(report, comparison);
  }
  progress.clear();
  slot.device.dispose();
  for (const block of formatEnd(report)) stdout.write(`\n${block}\n`);
  for (const line of await writeReport(report, files)) stdout.write(`${line}\n`);
  stdout.write(`${verdict(report)} ${(report.elapsedMs / 1000).toFixed(0)} s.\n`);
  return exitCode(report);
}

export const exitCode = ({ refused, failed }: Pick<BenchReport, 'refused' | 'failed'>): number =>
  refused + failed === 0 ? 0 : 1;

/** How the run went, in a sentence. */
export function verdict({ refused, failed }: Pick<BenchReport, 'refused' | 'failed'>): string {
  const bad = [
    refused > 0 &&
      `${refused} variant${refused === 1 ? ' was' : 's were'} refused: the results are wrong, so they were not timed.`,
    failed > 0 && `${failed} case${failed === 1 ? '' : 's'} failed.`,
  ].filter((sentence) => sentence !== false);
  return bad.length > 0 ? bad.join(' ') : 'Every variant passed its check.';
}
