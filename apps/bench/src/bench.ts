// Runs the chosen suites and yardsticks and prints, and writes, what came out.

import {
  adapterName,
  type BenchCase,
  type BenchOptions,
  type BenchReport,
  chooseCases,
  counted,
  DeviceSlot,
  defaultSettings,
  formatCase,
  formatEnd,
  formatRefusals,
  reasonOf,
  runCases,
} from '@vulpes/bench';
import { createDevice, type Device, type DeviceCaps } from '@vulpes/tensor-core';
import { checkPytorch } from './check-pytorch.ts';
import { createYardsticks } from './compare/index.ts';
import { hostInfo } from './host.ts';
import type { BenchArguments } from './options.ts';
import { ReportWriter } from './outputs.ts';
import { ProgressLine } from './progress-line.ts';
import { type Compared, runYardsticks } from './run-yardsticks.ts';
import { EndedBySignal, endOnSignal } from './stop-signals.ts';

export interface Output {
  write(text: string): unknown;
}

/** @returns exit code: 1 where nothing was measured, the report is refused, a case failed for another reason than its size, a yardstick could not run, or a file could not be written. */
export async function bench(
  given: BenchArguments,
  stdout: Output,
  casesOf: (caps: DeviceCaps) => readonly BenchCase[] = (caps) => chooseCases(caps, given),
): Promise<number> {
  const yardsticks = createYardsticks(given.compare, given);
  const slot = await DeviceSlot.open(() => createDevice(given));
  const progress = new ProgressLine(process.stderr);
  const cases = casesOf(slot.device.caps);
  const writer = new ReportWriter(given);
  const onReport = (soFar: BenchReport): void => writer.save(soFar);
  const release = endOnSignal((name) => {
    progress.clear();
    writer.removeEmptyFolder();
    stdout.write(`${new EndedBySignal(name, whatIsLeft(writer)).message}\n`);
  });
  try {
    if (given.compare.includes('pytorch')) {
      progress.say('looking for PyTorch');
      await checkPytorch(given.python);
    }
    const options = optionsOf(given, slot.device, { progress, stdout });
    const toRun = { yardsticks: yardsticks.map(({ name }) => name) };
    const ours = await runCases(slot, cases, {
      ...options,
      onReport: (soFar) => onReport({ ...soFar, notRun: { ...soFar.notRun, ...toRun } }),
    });
    const onProgress = (doing: string): void => progress.say(doing);
    const compared = await runYardsticks(ours, yardsticks, { slot, onProgress, onReport });
    progress.clear();
    return await conclude(compared, writer, stdout);
  } finally {
    release();
    writer.removeEmptyFolder();
    slot.device.dispose();
  }
}

/** Prints what stands below the cases, writes the files, and complains. @returns exit code */
async function conclude(
  { report, complaints: ofYardsticks }: Compared,
  writer: ReportWriter,
  stdout: Output,
): Promise<number> {
  for (const block of formatEnd(report)) stdout.write(`\n${block}\n`);
  const written = await writer.finish(report);
  for (const line of [...written.lines, verdict(report)]) stdout.write(`${line}\n`);
  const complaints = [...written.complaints, ...ofYardsticks, ...complaintsOf(report)];
  for (const complaint of complaints) console.error(complaint);
  return complaints.length > 0 ? 1 : 0;
}

const whatIsLeft = ({ saved }: ReportWriter): string =>
  saved === null ? 'No report was written.' : `The report so far: ${saved}`;

/** `All 3 variants that ran passed their check. 12 s.` */
function verdict({ cases, refused, elapsedMs }: BenchReport): string {
  const variants = cases.reduce((sum, benchCase) => sum + benchCase.variants.length, 0);
  const passed = refused.length === 0 && variants > 0;
  const outcome = `All ${counted(variants, 'variant')} that ran passed their check. `;
  return `${passed ? outcome : ''}${(elapsedMs / 1000).toFixed(0)} s.`;
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
    ...settings,
    asked: askedOf(given),
    runs: given.runs ?? settings.runs,
    budgetSeconds: given.budgetSeconds ?? settings.budgetSeconds,
    hasPeaks: given.hasPeaks,
    host: hostInfo(),
    onProgress: (at) => progress.show(at),
    onDoing: (doing) => progress.say(doing),
    onCase: (caseReport) => print(formatCase(caseReport, !caps.isSoftware)),
    // The budget leaves out many, one after the other: they share a line at the end.
    onNotMeasured: (entry) =>
      entry.kind !== 'left-out' && print(`${entry.case}: ${reasonOf(entry)}`),
  };
}

const askedOf = ({ suites, caseText, maxTokens, presets, adapter, kernels }: BenchArguments) => ({
  ...{ suites, caseText, maxTokens, presets },
  ...{ adapter, kernels },
});

/** What is wrong with a report, in sentences; empty where every variant passed its check. */
function complaintsOf({ cases, refused, failed }: BenchReport): string[] {
  return [
    cases.length === 0 &&
      failed === 0 &&
      'bench: no case was measured; it is told above why. Give more time (--budget-seconds), or ask for smaller cases.',
    failed > 0 && `${counted(failed, 'case')} failed; the table says why.`,
    refused.length > 0 &&
      `The report is refused: ${formatRefusals(refused)}. No page is made of it; none of its numbers counts until the results are right.`,
  ].filter((sentence) => sentence !== false);
}
