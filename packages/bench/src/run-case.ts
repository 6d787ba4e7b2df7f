// One case: gate every variant, then time the green ones in alternating runs, so that drift hits all alike.

import type { Device } from '@vulpes/tensor-core';
import { type BenchCase, caseId, formatDims, type Variant } from './case.ts';
import { type GateReport, runGate } from './gate.ts';
import type { Peaks } from './peaks/shares.ts';
import type { CaseReport, VariantReport } from './report.ts';
import { isLong, type RunSettings, roundsFor } from './rounds.ts';
import { kernelTimes, wallMs } from './timer.ts';
import { type Contender, variantReport } from './variant-report.ts';

export type Phase = 'check' | 'warm up' | 'time';
export type OnPhase = (phase: Phase, done: number, of: number) => void;

export interface CaseContext {
  /** For the shares; null = none were measured. */
  readonly peaks?: Peaks | null;
  /** Checks that were made already: lengths that share their gate are checked once. */
  readonly gates?: Map<string, GateReport>;
  readonly onPhase?: OnPhase;
}

export interface CaseRun {
  readonly report: CaseReport;
  /** Of the slowest variant, by the wall clock. */
  readonly runMs: number;
  /** What the case took beside warm-up and runs. */
  readonly overheadMs: number;
}

export async function runCase(
  device: Device,
  benchCase: BenchCase,
  settings: RunSettings,
  context: CaseContext = {},
): Promise<CaseRun> {
  const start = performance.now();
  const gates = await checkAll(device, benchCase, context);
  const contenders: Contender[] = [];
  try {
    for (const { variant, gate } of gates) {
      if (!gate.isOk) continue;
      const workload = variant.build(device, benchCase.dims);
      contenders.push({ variant, gate, workload, wall: [], profiles: [] });
    }
    const timing = performance.now();
    const runMs = await timeAll(device, contenders, settings, context.onPhase ?? (() => {}));
    const timedMs = performance.now() - timing;
    const variants: VariantReport[] = [];
    for (const { variant, gate } of gates) {
      const contender = contenders.find((other) => other.variant === variant);
      variants.push(
        contender
          ? await variantReport(device, contender, contenders[0] as Contender, {
              isSoftware: device.caps.isSoftware,
              isSearch: benchCase.mode === 'search',
              peaks: context.peaks ?? null,
            })
          : { name: variant.name, gate, timing: null, counts: null },
      );
    }
    const { suite, op, mode, dims, inputs, preset = null } = benchCase;
    return {
      report: { id: caseId(benchCase), suite, op, mode, dims, preset, inputs, variants },
      runMs,
      overheadMs: performance.now() - start - timedMs,
    };
  } finally {
    for (const { workload } of contenders) workload.dispose();
  }
}

async function checkAll(
  device: Device,
  benchCase: BenchCase,
  { gates: known = new Map<string, GateReport>(), onPhase }: CaseContext,
): Promise<{ variant: Variant; gate: GateReport }[]> {
  const { suite, op, mode, variants, dims, gateDims = dims } = benchCase;
  const gates: { variant: Variant; gate: GateReport }[] = [];
  for (const variant of variants) {
    onPhase?.('check', gates.length, variants.length);
    const key = [suite, op, mode, variant.name, formatDims(gateDims)].join(' ');
    const gate = known.get(key) ?? (await runGate(device, variant, gateDims));
    known.set(key, gate);
    gates.push({ variant, gate });
  }
  return gates;
}

/** @returns the time of a run of the slowest variant, warm */
async function timeAll(
  device: Device,
  contenders: readonly Contender[],
  settings: RunSettings,
  onPhase: OnPhase,
): Promise<number> {
  const runMs = await warmUp(device, contenders, settings, onPhase);
  const rounds = roundsFor(settings, runMs);
  const isTimedOnce = isLong(settings, runMs) && device.caps.features.timestampQuery;
  for (let round = 0; round < rounds; round++) {
    onPhase('time', round, rounds);
    for (const { workload, wall, profiles } of contenders) {
      if (isTimedOnce && !device.caps.isSoftware) {
        // Beside so long a run, what timestamps cost the wall clock is nothing.
        const start = performance.now();
        profiles.push((await kernelTimes(device, () => workload.run())) ?? []);
        wall.push(performance.now() - start);
        continue;
      }
      wall.push(await wallMs(device, () => workload.run()));
      // A software adapter's timestamps say no more than the wall clock; one run tells how the time splits.
      if (device.caps.isSoftware && round > 0) continue;
      const kernels = await kernelTimes(device, () => workload.run());
      if (kernels) profiles.push(kernels);
    }
  }
  return runMs;
}

/** Two rounds at least, the first of which compiles; then until the clocks have had their time. */
async function warmUp(
  device: Device,
  contenders: readonly Contender[],
  { warmSeconds }: RunSettings,
  onPhase: OnPhase,
): Promise<number> {
  const round = async (): Promise<number> => {
    let slowest = 0;
    for (const { workload } of contenders) {
      slowest = Math.max(slowest, await wallMs(device, () => workload.run()));
    }
    return slowest;
  };
  onPhase('warm up', 0, 1);
  await round();
  const start = performance.now();
  let slowest = 0;
  do slowest = await round();
  while (contenders.length > 0 && performance.now() - start < 1000 * warmSeconds);
  return slowest;
}
