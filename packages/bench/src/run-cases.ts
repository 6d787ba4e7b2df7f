// All chosen cases, one after the other, into one report.

import {
  type Device,
  DeviceLimitError,
  DeviceLostError,
  OutOfMemoryError,
} from '@vulpes/tensor-core';
import { type BenchCase, caseId } from './case.ts';
import { measurePeaks } from './peaks/measure-peaks.ts';
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

/** The case that starts, and how far a run of cases is. */
export interface Progress {
  readonly caseId: string;
  /** Cases finished, of how many. */
  readonly casesDone: number;
  readonly casesTotal: number;
  /** Since the run began. */
  readonly elapsedMs: number;
}

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
export const runCases = (
  devices: RenewableDevice,
  chosen: readonly BenchCase[],
  options: BenchOptions,
): Promise<BenchReport> => new CasesRun(devices, chosen, options).all();

function toSettings(
  chosen: readonly BenchCase[],
  { invocation, runs, warmSeconds, longRunMs, budgetSeconds }: BenchOptions,
): ReportSettings {
  const suites = [...new Set(chosen.map(({ suite }) => suite))];
  const nothing = { caseText: null, presets: null, adapter: null, kernels: null };
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

class CasesRun {
  readonly #devices: RenewableDevice;
  readonly #chosen: readonly BenchCase[];
  readonly #options: BenchOptions;
  readonly #start = performance.now();
  #peaks: Peaks | null = null;
  readonly #cases: CaseReport[] = [];
  readonly #notMeasured: NotMeasured[] = [];
  /** Cases that ended in an error other than one of size. */
  #failed = 0;
  readonly #checks = new Map<string, CheckReport>();

  constructor(devices: RenewableDevice, chosen: readonly BenchCase[], options: BenchOptions) {
    this.#devices = devices;
    this.#chosen = chosen;
    this.#options = options;
  }

  async all(): Promise<BenchReport> {
    const { hasPeaks, budgetSeconds, onStep, onReport } = this.#options;
    if (hasPeaks) {
      onStep?.('measuring the peaks of the adapter');
      this.#peaks = await measurePeaks(this.#devices.device, this.#options);
    }
    for (const one of budgetSeconds === null ? this.#chosen : smallestFirst(this.#chosen)) {
      if (budgetSeconds === null || this.#elapsedMs() < 1000 * budgetSeconds) await this.#next(one);
      else this.#leaveOut(one, 'left-out', `the time budget of ${budgetSeconds} s was used up`);
      onReport?.(this.#buildReport());
    }
    return this.#buildReport();
  }

  /** Of what has run so far. */
  #buildReport(): BenchReport {
    const ids = this.#chosen.map(caseId);
    return buildReport({
      settings: toSettings(this.#chosen, this.#options),
      machine: describeMachine(this.#devices.device, this.#options.host),
      peaks: this.#peaks,
      cases: [...this.#cases].sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id)),
      comparisons: [],
      notMeasured: [...this.#notMeasured],
      failed: this.#failed,
      elapsedMs: this.#elapsedMs(),
    });
  }

  async #next(benchCase: BenchCase): Promise<void> {
    const { device } = this.#devices;
    this.#options.onProgress?.({
      ...{ caseId: caseId(benchCase), elapsedMs: this.#elapsedMs() },
      casesDone: this.#cases.length + this.#notMeasured.length,
      casesTotal: this.#chosen.length,
    });
    try {
      const shared = { peaks: this.#peaks, checks: this.#checks };
      const report = await runCase(device, benchCase, this.#options, shared);
      this.#cases.push(report);
      this.#options.onCase?.(report);
      await device.trimMemory();
    } catch (error) {
      const isTooLarge = SIZE_ERRORS.some((kind) => kind.isInstance(error));
      if (!isTooLarge) this.#failed++;
      const why = error instanceof Error ? error.message : String(error);
      this.#leaveOut(benchCase, isTooLarge ? 'did-not-fit' : 'failed', why);
      await this.#devices.renew();
    }
  }

  #elapsedMs(): number {
    return performance.now() - this.#start;
  }

  #leaveOut(benchCase: BenchCase, kind: NotMeasuredKind, why: string): void {
    const entry = { kind, runner: OURS, case: caseId(benchCase), why };
    this.#notMeasured.push(entry);
    this.#options.onNotMeasured?.(entry);
  }
}

const SIZE_ERRORS = [DeviceLimitError, OutOfMemoryError, DeviceLostError];
