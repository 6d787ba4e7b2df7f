// Runs the chosen suites and yardsticks and prints, and writes, what came out.

import {
  adapterName,
  type BenchOptions,
  type BenchReport,
  DeviceSlot,
  defaultSettings,
  formatCase,
  formatEnd,
  runSuites,
} from '@vulpes/bench';
import { createDevice, type Device } from '@vulpes/tensor-core';
import { createYardsticks } from './compare/index.ts';
import { hostInfo } from './host.ts';
import type { BenchArguments } from './options.ts';
import { ReportWriter } from './outputs.ts';
import { ProgressLine } from './progress-line.ts';
import { runYardsticks } from './run-yardsticks.ts';

export interface Output {
  write(text: string): unknown;
}

/** @returns exit code: 1 where a variant was refused, a case failed for another reason than its size, or a yardstick could not run. */
export async function bench(given: BenchArguments, stdout: Output): Promise<number> {
  const yardsticks = createYardsticks(given.compare, given);
  const slot = await DeviceSlot.open(() => createDevice(given));
  const progress = new ProgressLine(process.stderr);
  const writer = new ReportWriter(given);
  const onReport = (soFar: BenchReport): void => writer.save(soFar);
  const options = optionsOf(given, slot.device, { progress, stdout });
  const ours = await runSuites(slot, { ...options, onReport });
  const { report, complaints } = await runYardsticks(ours, yardsticks, {
    slot,
    onProgress: (doing) => progress.say(doing),
    onReport,
  });
  progress.clear();
  slot.device.dispose();
  for (const block of formatEnd(report)) stdout.write(`\n${block}\n`);
  for (const line of await writer.finish(report)) stdout.write(`${line}\n`);
  stdout.write(`${verdict(report)} ${(report.elapsedMs / 1000).toFixed(0)} s.\n`);
  for (const complaint of complaints) console.error(complaint);
  return complaints.length > 0 ? 1 : exitCode(report);
}

/** What was given, with what suits the adapter for the rest; says on the way what is measured. */
function optionsOf(
  given: BenchArguments,
  device: Device,
  { progress, stdout }: { readonly progress: ProgressLine; readonly stdout: Output },
): BenchOptions {
  const { caps } = device;
  const settings = defaultSettings(device);
  stdout.write(`adapter: ${adapterName(caps)}\n`);
  for (const note of caps.notes) stdout.write(`  ${note}\n`);
  const print = (text: string): void => {
    progress.clear();
    stdout.write(`\n${text}\n`);
  };
  return {
    ...given,
    ...settings,
    runs: given.runs ?? settings.runs,
    budgetSeconds: given.budgetSeconds ?? settings.budgetSeconds,
    host: hostInfo(),
    onProgress: (at) => progress.show(at),
    onCase: (caseReport) => print(formatCase(caseReport, !caps.isSoftware)),
    onNotMeasured: ({ case: id, why }) => print(`${id}: ${why}`),
  };
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
