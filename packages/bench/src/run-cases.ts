// All chosen cases, one after the other, into one report.

import {
  type Device,
  DeviceLimitError,
  DeviceLostError,
  OutOfMemoryError,
} from '@vulpes/tensor-core';
import { type BenchCase, caseId } from './case.ts';
import { measurePeaks } from './peaks/measure-peaks.ts';
import type { Progress } from './progress.ts';
import { describeMachine } from './report/machine.ts';
import { buildReport, OURS } from './report/report.ts';
import { runCase } from './run-case.ts';
import type {
  BenchReport,
  CaseReport,
  CheckReport,
  HostInfo,
  Invocation,
  NotMeasured,
  NotMeasuredKind,
  Peaks,
  ReportSettings,
} from './schema.ts';
import type { RunSettings } from './timing/rounds.ts';

/** A device that can be replaced: after an out-of-memory error the old one computes nothing. */
export interface RenewableDevice {
  /** The one to use now. */
  readonly device: Device;
  /** Disposes of it with all its tensors, and opens another. */
  renew(): Promise<void>;
}

/** How `runCases` measures, and what it calls as it goes on. */
export interface BenchOptions extends RunSettings {
  /** What chose the cases and the device, for the report; nothing is chosen by it. */
  readonly invocation?: Invocation;
  /** No case starts after this time, and the smallest run first; null = all run, in their order. */
  readonly budgetSeconds: number | null;
  /** Whether to measure the adapter's peaks first. */
  readonly hasPeaks: boolean;
  readonly host: HostInfo;
  readonly onProgress?: (progress: Progress) => void;
  /** Called before work that belongs to no case. */
  readonly onStep?: (description: string) => void;
  readonly onCase?: (report: CaseReport) => void;
  readonly onNotMeasured?: (entry: NotMeasured) => void;
  /** Called after each case with the report so far. */
  readonly onReport?: (report: BenchReport) => void;
}

/** On software adapters the cases are small enough for all runs, and a whole report takes about five minutes. */
export const defaultSettings = ({
  caps,
}: Pick<Device, 'caps'>): RunSettings & { readonly budgetSeconds: number | null } =>
  caps.isSoftware
    ? { runs: 20, warmSeconds: 1, longRunMs: 1000, budgetSeconds: 240 }
    : { runs: 20, warmSeconds: 1, longRunMs: 500, budgetSeconds: null };

/** Runs the cases given. A case that does not fit or fails becomes a line of the report, and the others run. */
export async function runCases(
  devices: RenewableDevice,
  chosen: readonly BenchCase[],
  options: BenchOptions,
): Promise<BenchReport> {
  const start = performance.now();
  if (options.hasPeaks) options.onStep?.('measuring the peaks of the adapter');
  const peaks = options.hasPeaks ? await measurePeaks(devices.device, options) : null;
  const run = new CasesRun(devices, options, { start, total: chosen.length, peaks });
  const ids = chosen.map(caseId);
  const buildSoFar = (): BenchReport =>
    buildReport(
      {
        settings: toSettings(chosen, options),
        machine: describeMachine(devices.device, options.host),
        peaks,
        cases: [...run.cases].sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id)),
        comparisons: [],
        notMeasured: [...run.notMeasured],
        notRun: { cases: ids.filter((id) => !run.hasEnded(id)), baselines: [] },
        failed: run.failed,
        elapsedMs: performance.now() - start,
      },
      new Date(),
    );
  for (const benchCase of options.budgetSeconds === null ? chosen : smallestFirst(chosen)) {
    await run.next(benchCase);
    options.onReport?.(buildSoFar());
  }
  return buildSoFar();
}

function toSettings(
  chosen: readonly BenchCase[],
  { invocation, runs, warmSeconds, longRunMs, budgetSeconds }: BenchOptions,
): ReportSettings {
  const suites = [...new Set(chosen.map(({ suite }) => suite))];
  const nothing = { caseText: null, maxTokens: null, presets: null, adapter: null, kernels: null };
  return { suites, ...nothing, ...invocation, runs, warmSeconds, longRunMs, budgetSeconds };
}

/** The smallest of each suite, then the others by size: a budget that is used up leaves no suite empty. */
export function smallestFirst(cases: readonly BenchCase[]): BenchCase[] {
  const sorted = [...cases].sort((a, b) => getSize(a) - getSize(b));
  const isFirst = ({ suite }: BenchCase, index: number): boolean =>
    sorted.findIndex((other) => other.suite === suite) === index;
  return [...sorted.filter(isFirst), ...sorted.filter((one, index) => !isFirst(one, index))];
}

const getSize = ({ flops = 0, countFlops = 0 }: BenchCase): number => flops + countFlops;

interface RunContext {
  /** `performance.now()` */
  readonly start: number;
  readonly total: number;
  readonly peaks: Peaks | null;
}

/** What has run so far. */
class CasesRun {
  readonly cases: CaseReport[] = [];
  readonly notMeasured: NotMeasured[] = [];
  /** Cases that ended in an error other than one of size. */
  failed = 0;
  readonly #devices: RenewableDevice;
  readonly #options: BenchOptions;
  readonly #context: RunContext;
  readonly #checks = new Map<string, CheckReport>();

  constructor(devices: RenewableDevice, options: BenchOptions, context: RunContext) {
    this.#devices = devices;
    this.#options = options;
    this.#context = context;
  }

  hasEnded(id: string): boolean {
    return (
      this.cases.some((one) => one.id === id) || this.notMeasured.some((one) => one.case === id)
    );
  }

  async next(benchCase: BenchCase): Promise<void> {
    const { budgetSeconds } = this.#options;
    if (budgetSeconds !== null && this.#elapsedMs() >= 1000 * budgetSeconds) {
      this.#leaveOut(benchCase, 'left-out', `the time budget of ${budgetSeconds} s was used up`);
      return;
    }
    try {
      await this.#measure(benchCase);
    } catch (error) {
      if (!isSize(error)) this.failed++;
      const why = error instanceof Error ? error.message : String(error);
      this.#leaveOut(benchCase, isSize(error) ? 'did-not-fit' : 'failed', why);
      await this.#devices.renew();
    }
  }

  async #measure(benchCase: BenchCase): Promise<void> {
    const { device } = this.#devices;
    const report = await runCase(device, benchCase, this.#options, {
      peaks: this.#context.peaks,
      checks: this.#checks,
      onPhase: (phase, done, of) =>
        this.#options.onProgress?.({
          ...{ caseId: caseId(benchCase), phase, done, of, elapsedMs: this.#elapsedMs() },
          casesDone: this.cases.length + this.notMeasured.length,
          casesTotal: this.#context.total,
        }),
    });
    this.cases.push(report);
    this.#options.onCase?.(report);
    await device.trimMemory();
  }

  #elapsedMs(): number {
    return performance.now() - this.#context.start;
  }

  #leaveOut(benchCase: BenchCase, kind: NotMeasuredKind, why: string): void {
    const entry = { kind, runner: OURS, case: caseId(benchCase), why };
    this.notMeasured.push(entry);
    this.#options.onNotMeasured?.(entry);
  }
}

const isSize = (error: unknown): boolean =>
  DeviceLimitError.isInstance(error) ||
  OutOfMemoryError.isInstance(error) ||
  DeviceLostError.isInstance(error);
