// Runs the chosen suites and comparisons; prints and writes the report.

import {
  adapterName,
  type BenchCase,
  type BenchOptions,
  type BenchReport,
  chooseCases,
  counted,
  defaultSettings,
  formatCase,
  formatEnd,
  formatReason,
  type Progress,
  runCases,
} from '@vulpes/bench';
import {
  endOnSignal,
  formatDuration,
  InterruptedError,
  type Output,
  ProgressLine,
  RenewableDevice,
} from '@vulpes/cli-kit';
import { type DeviceCaps, formatVariants } from '@vulpes/tensor-core';
import { endChildren } from './children.ts';
import { checkPytorch, createBaselines } from './compare/index.ts';
import { hostInfo } from './host.ts';
import type { BenchArguments } from './options.ts';
import { ReportWriter } from './report-writer.ts';
import { runBaselines } from './run-baselines.ts';

/** @returns exit code: 1 where nothing was measured, a check or a case failed, a baseline could not run, or a file could not be written */
export async function bench(
  given: BenchArguments,
  stdout: Output,
  choose: (caps: DeviceCaps) => readonly BenchCase[] = (caps) => chooseCases(caps, given.filter),
): Promise<number> {
  const baselines = createBaselines(given.compare, given);
  using devices = await RenewableDevice.open(given);
  const cases = choose(devices.device.caps);
  const writer = new ReportWriter(given.json);
  const progress = new ProgressLine(process.stderr);
  const showStep = (text: string): void => progress.update({ text, done: 0, total: 1 });
  const release = endOnSignal((name) => {
    endChildren();
    progress.clear();
    stdout.write(`${new InterruptedError(name, writer.describeState()).message}\n`);
  });
  try {
    if (given.compare.includes('pytorch')) {
      showStep('looking for PyTorch');
      await checkPytorch(given.python);
    }
    const ours = await runCases(devices, cases, {
      ...createOptions(given, devices.device.caps, progress, stdout),
      onStep: showStep,
      onReport: (soFar) => writer.save(soFar),
    });
    const { report, complaints } = await runBaselines(ours, baselines, {
      cases,
      slot: devices,
      onProgress: showStep,
      onReport: (soFar) => writer.save(soFar),
    });
    progress.clear();
    return await conclude(report, complaints, writer, stdout);
  } finally {
    release();
    progress.clear();
  }
}

/** Options that were given, and for the others what suits the adapter. Prints the adapter. */
function createOptions(
  given: BenchArguments,
  caps: DeviceCaps,
  progress: ProgressLine,
  stdout: Output,
): BenchOptions {
  const settings = defaultSettings({ caps });
  const kernels = formatVariants(caps.variants);
  stdout.write(
    [`adapter: ${adapterName({ ...caps, kernels })}`, ...caps.notes, ''].join('\n  ').trimEnd(),
  );
  stdout.write('\n');
  const print = (text: string): void => {
    progress.clear();
    stdout.write(`\n${text}\n`);
  };
  return {
    ...settings,
    invocation: { ...given.filter, adapter: given.adapter, kernels },
    runs: given.runs ?? settings.runs,
    budgetSeconds: given.budgetSeconds ?? settings.budgetSeconds,
    hasPeaks: given.peaks,
    host: hostInfo(),
    onProgress: (at) => progress.update(formatProgress(at)),
    onCase: (caseReport) => print(formatCase(caseReport, !caps.isSoftware)),
    // Cases that the budget leaves out share a line at the end.
    onNotMeasured: (entry) =>
      entry.kind !== 'left-out' && print(`${entry.case}: ${formatReason(entry)}`),
  };
}

/** `2/6, 1m05s | matmul/forward M256-N256-K256` */
export function formatProgress({ caseId, casesDone, casesTotal, elapsedMs }: Progress) {
  return {
    text: `${casesDone}/${casesTotal}, ${formatDuration(elapsedMs / 1000)} | ${caseId}`,
    done: casesDone,
    total: casesTotal,
    plain: `[${casesDone + 1}/${casesTotal}] ${caseId}`,
  };
}

/** Prints what stands below the cases, writes the files, and prints the errors. @returns exit code */
async function conclude(
  report: BenchReport,
  baselineErrors: readonly string[],
  writer: ReportWriter,
  stdout: Output,
): Promise<number> {
  for (const block of formatEnd(report)) stdout.write(`\n${block}\n`);
  const written = await writer.finish(report);
  for (const line of [...written.lines, formatResult(report)]) stdout.write(`${line}\n`);
  const errors = [...written.errors, ...baselineErrors, ...listErrors(report)];
  for (const error of errors) console.error(error);
  return errors.length > 0 ? 1 : 0;
}

/** `All 3 variants that ran passed their check. 12 s.` */
function formatResult({ cases, failedChecks, elapsedMs }: BenchReport): string {
  const variants = cases.reduce((sum, benchCase) => sum + benchCase.variants.length, 0);
  const passed = failedChecks.length === 0 && variants > 0;
  const result = `All ${counted(variants, 'variant')} that ran passed their check. `;
  return `${passed ? result : ''}${(elapsedMs / 1000).toFixed(0)} s.`;
}

/** Empty where every variant that ran passed its check. */
function listErrors({ cases, failedChecks, failed }: BenchReport): string[] {
  return [
    cases.length === 0 &&
      failed === 0 &&
      'bench: no case was measured; the reason is above. Give more time (--budget-seconds), or choose smaller cases.',
    failed > 0 && `bench: ${counted(failed, 'case')} failed; the table says why.`,
    failedChecks.length > 0 &&
      `bench: the check failed: ${failedChecks.join('; ')}. No page was written; do not use the numbers of this report.`,
  ].filter((sentence) => sentence !== false);
}
