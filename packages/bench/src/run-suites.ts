// All cases of the chosen suites, one after the other, into one report.

import {
  type Device,
  DeviceLimitError,
  DeviceLostError,
  OutOfMemoryError,
} from '@vulpes/tensor-core';
import { type BenchCase, caseId } from './case.ts';
import { firstGuess, predictMs, type RunSettings, type Spent } from './clocks/rounds.ts';
import type { Phase } from './clocks/time-contenders.ts';
import type { DeviceSlot } from './device-slot.ts';
import type { GateReport } from './gate.ts';
import { measurePeaks } from './peaks/measure-peaks.ts';
import type { Peaks } from './peaks/shares.ts';
import { leftByBudget, leftByCases, type Progress } from './progress.ts';
import { type HostInfo, machineInfo } from './report/machine.ts';
import type { NotMeasured, NotMeasuredKind } from './report/measurement.ts';
import {
  type AskedFor,
  type BenchReport,
  buildReport,
  type CaseReport,
  OURS,
  type ReportSettings,
} from './report/report.ts';
import { runCase } from './run-case.ts';

/** How `runCases` measures, and whom it tells. */
export interface BenchOptions extends RunSettings {
  /** What chose the cases and the device, for the report; nothing is chosen by it. */
  readonly asked?: AskedFor;
  /** Cases that would go beyond it are left out, the largest first; null = all run. */
  readonly budgetSeconds: number | null;
  /** Whether to measure the adapter's peaks first. */
  readonly hasPeaks: boolean;
  readonly host: HostInfo;
  readonly onProgress?: (progress: Progress) => void;
  /** Told what is done beside the cases, as it begins. */
  readonly onDoing?: (doing: string) => void;
  /** Called as each case ends. */
  readonly onCase?: (report: CaseReport) => void;
  readonly onNotMeasured?: (entry: NotMeasured) => void;
  /** Told after each case: the report so far. */
  readonly onReport?: (report: BenchReport) => void;
}

/** Software adapters: their cases are small enough for all runs, and a whole report fits in five minutes. */
export const defaultSettings = ({
  caps,
}: Pick<Device, 'caps'>): RunSettings & { readonly budgetSeconds: number | null } =>
  caps.isSoftware
    ? { runs: 20, warmSeconds: 1, longRunMs: 1000, budgetSeconds: 240 }
    : { runs: 20, warmSeconds: 1, longRunMs: 500, budgetSeconds: null };

/** Runs the cases given. A case that does not fit or fails becomes a line of the report, and the others go on. */
export async function runCases(
  slot: DeviceSlot,
  chosen: readonly BenchCase[],
  options: BenchOptions,
): Promise<BenchReport> {
  const start = performance.now();
  if (options.hasPeaks) options.onDoing?.('measuring the peaks of the adapter');
  const peaks = options.hasPeaks ? await measurePeaks(slot.device, options) : null;
  const run = new SuiteRun(slot, options, { start, total: chosen.length, peaks });
  const inOrder = options.budgetSeconds === null ? chosen : smallestFirst(chosen);
  const rank = new Map(chosen.map((benchCase, index) => [caseId(benchCase), index]));
  const soFar = (): BenchReport =>
    buildReport(
      {
        settings: settingsOf(chosen, options),
        machine: machineInfo(slot.device, options.host),
        peaks,
        cases: [...run.cases].sort((a, b) => (rank.get(a.id) ?? 0) - (rank.get(b.id) ?? 0)),
        comparisons: [],
        notMeasured: [...run.notMeasured],
        notRun: { cases: [...rank.keys()].filter((id) => !run.ended.has(id)), yardsticks: [] },
        failed: run.failed,
        elapsedMs: performance.now() - start,
      },
      new Date(),
    );
  for (const [index, benchCase] of inOrder.entries()) {
    await run.next(benchCase, inOrder.slice(index + 1));
    options.onReport?.(soFar());
  }
  return soFar();
}

function settingsOf(
  chosen: readonly BenchCase[],
  { asked, runs, warmSeconds, longRunMs, budgetSeconds }: BenchOptions,
): ReportSettings {
  const suites = [...new Set(chosen.map(({ suite }) => suite))];
  const nothing = { caseText: null, maxTokens: null, presets: null, adapter: null, kernels: null };
  return { suites, ...nothing, ...asked, runs, warmSeconds, longRunMs, budgetSeconds };
}

/** The smallest of each suite, then the others by size: a budget that runs out leaves no suite empty. */
function smallestFirst(cases: readonly BenchCase[]): BenchCase[] {
  const sorted = [...cases].sort((a, b) => sizeOf(a) - sizeOf(b));
  const isFirst = ({ suite }: BenchCase, index: number): boolean =>
    sorted.findIndex((other) => other.suite === suite) === index;
  return [...sorted.filter(isFirst), ...sorted.filter((one, index) => !isFirst(one, index))];
}

const sizeOf = ({ flops = 0, countFlops = 0 }: BenchCase): number => flops + countFlops;

/** What has run so far. */
class SuiteRun {
  readonly cases: CaseReport[] = [];
  readonly notMeasured: NotMeasured[] = [];
  /** Ids of the cases that were measured, or not measured for a reason. */
  readonly ended = new Set<string>();
  failed = 0;
  readonly #slot: DeviceSlot;
  readonly #options: BenchOptions;
  readonly #of: { readonly start: number; readonly total: number; readonly peaks: Peaks | null };
  readonly #casesStart = performance.now();
  /** When the rest was last estimated: `performance.now()`, and ms left then. */
  #estimate: { readonly at: number; readonly leftMs: number | null } = { at: 0, leftMs: null };
  readonly #gates = new Map<string, GateReport>();
  readonly #spent: Spent[] = [];

  constructor(
    slot: DeviceSlot,
    options: BenchOptions,
    of: { readonly start: number; readonly total: number; readonly peaks: Peaks | null },
  ) {
    this.#slot = slot;
    this.#options = options;
    this.#of = of;
  }

  /** @param later - cases after it */
  async next(benchCase: BenchCase, later: readonly BenchCase[]): Promise<void> {
    this.#estimate = { at: performance.now(), leftMs: this.#leftMs([benchCase, ...later]) };
    const overrun = this.#overBudget(benchCase);
    if (overrun) return this.#leaveOut(benchCase, 'left-out', overrun);
    try {
      await this.#measure(benchCase);
    } catch (error) {
      if (!isSize(error)) this.failed++;
      const why = error instanceof Error ? error.message : String(error);
      this.#leaveOut(benchCase, isSize(error) ? 'did-not-fit' : 'failed', why);
      await this.#slot.renew();
    }
  }

  async #measure(benchCase: BenchCase): Promise<void> {
    const { suite, op, mode, flops = 0 } = benchCase;
    const { report, runMs, overheadMs } = await runCase(
      this.#slot.device,
      benchCase,
      this.#options,
      {
        peaks: this.#of.peaks,
        gates: this.#gates,
        onPhase: (phase, done, of) => this.#tell(benchCase, phase, done, of),
      },
    );
    this.cases.push(report);
    this.ended.add(report.id);
    this.#spent.push({ suite, op, mode, flops, runMs, overheadMs });
    this.#options.onCase?.(report);
    await this.#slot.device.trimMemory();
  }

  #predictMs(benchCase: BenchCase): number {
    const { peaks } = this.#of;
    const { isSoftware } = this.#slot.device.caps;
    return predictMs(benchCase, this.#spent, {
      ...this.#options,
      clocks: isSoftware ? 1 : 2,
      guessFlopsPerMs: peaks && firstGuess(peaks, { isSoftware }),
    });
  }

  /** @param cases - the one that begins, and those after it */
  #leftMs(cases: readonly BenchCase[]): number | null {
    const { budgetSeconds } = this.#options;
    const now = performance.now();
    if (budgetSeconds !== null) {
      const predicted = cases.map((benchCase) => this.#predictMs(benchCase));
      return leftByBudget(predicted, 1000 * budgetSeconds - (now - this.#of.start));
    }
    return leftByCases({
      casesDone: this.ended.size,
      casesLeft: cases.length,
      casesMs: now - this.#casesStart,
    });
  }

  /** Why a case is left out; null = it runs. */
  #overBudget(benchCase: BenchCase): string | null {
    const { budgetSeconds } = this.#options;
    if (budgetSeconds === null) return null;
    const left = budgetSeconds - (performance.now() - this.#of.start) / 1000;
    const needed = this.#predictMs(benchCase) / 1000;
    if (needed <= left) return null;
    return `it needs about ${Math.ceil(needed)} s, ${Math.max(0, Math.floor(left))} s were left`;
  }

  #leaveOut(benchCase: BenchCase, kind: NotMeasuredKind, why: string): void {
    const entry = { kind, runner: OURS, case: caseId(benchCase), why };
    this.notMeasured.push(entry);
    this.ended.add(entry.case);
    this.#options.onNotMeasured?.(entry);
  }

  #tell(benchCase: BenchCase, phase: Phase, done: number, of: number): void {
    const now = performance.now();
    const { at, leftMs } = this.#estimate;
    this.#options.onProgress?.({
      caseId: caseId(benchCase),
      phase,
      casesDone: this.cases.length + this.notMeasured.length,
      casesTotal: this.#of.total,
      done,
      of,
      spentMs: now - this.#of.start,
      leftMs: leftMs === null ? null : Math.max(0, leftMs - (now - at)),
    });
  }
}

const isSize = (error: unknown): boolean =>
  DeviceLimitError.isInstance(error) ||
  OutOfMemoryError.isInstance(error) ||
  DeviceLostError.isInstance(error);
