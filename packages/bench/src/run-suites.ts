// All cases of the chosen suites, one after the other, into one report.

import { ArgumentError, type Device } from '@vulpes/tensor-core';
import { type BenchCase, caseId } from './case.ts';
import { type HostInfo, machineInfo } from './machine.ts';
import { type BenchReport, buildReport, type CaseReport } from './report.ts';
import { type Phase, type RunSettings, runCase } from './run-case.ts';
import { type SuiteName, suiteNames, suites } from './suites/index.ts';

export interface Progress {
  readonly caseId: string;
  readonly phase: Phase;
  /** Cases finished, of how many. */
  readonly casesDone: number;
  readonly casesTotal: number;
  /** Steps of this phase finished, of how many. */
  readonly done: number;
  readonly of: number;
}

export interface BenchOptions extends RunSettings {
  readonly suites: readonly SuiteName[];
  readonly host: HostInfo;
  readonly onProgress?: (progress: Progress) => void;
  /** Called as each case ends. */
  readonly onCase?: (report: CaseReport) => void;
}

/** @throws ArgumentError in one sentence, naming the suites that exist. */
export function assertSuiteNames(names: readonly string[]): asserts names is SuiteName[] {
  const unknown = names.find((name) => !(suiteNames as readonly string[]).includes(name));
  if (unknown === undefined) return;
  throw new ArgumentError(
    `bench: there is no suite '${unknown}'; the suites are ${suiteNames.join(', ')}.`,
  );
}

/** Fewer runs where they tell only ratios. */
export const defaultRuns = ({ caps }: Pick<Device, 'caps'>): RunSettings =>
  caps.isSoftware ? { runs: 5, warmups: 1 } : { runs: 20, warmups: 3 };

export async function runSuites(device: Device, options: BenchOptions): Promise<BenchReport> {
  const start = performance.now();
  const chosen = options.suites.flatMap((name): BenchCase[] => [...suites[name](device.caps)]);
  const cases: CaseReport[] = [];
  for (const benchCase of chosen) {
    const report = await runCase(device, benchCase, options, (phase, done, of) =>
      options.onProgress?.({
        caseId: caseId(benchCase),
        phase,
        casesDone: cases.length,
        casesTotal: chosen.length,
        done,
        of,
      }),
    );
    cases.push(report);
    options.onCase?.(report);
    await device.trimMemory();
  }
  const { runs, warmups, suites: names, host } = options;
  return buildReport(
    {
      settings: { suites: names, runs, warmups },
      machine: machineInfo(device, host),
      cases,
      elapsedMs: performance.now() - start,
    },
    new Date(),
  );
}
