// One case: gate every variant, then time the green ones in alternating runs, so that drift hits all alike.

import type { Device } from '@vulpes/tensor-core';
import {
  type BenchCase,
  caseId,
  type Dims,
  formatDims,
  type Variant,
  type Workload,
} from './case.ts';
import type { RunSettings } from './clocks/rounds.ts';
import { type OnPhase, timeContenders } from './clocks/time-contenders.ts';
import { checkSample, type GateReport, runGate } from './gate.ts';
import type { Peaks } from './peaks/shares.ts';
import type { CaseReport, VariantReport } from './report/report.ts';
import { type Contender, variantReport } from './report/variant-report.ts';

/** What a case shares with those before it. */
export interface CaseContext {
  /** For the shares; null = none were measured. */
  readonly peaks?: Peaks | null;
  /** Checks that were made already: lengths that share their gate are checked once. */
  readonly gates?: Map<string, GateReport>;
  readonly onPhase?: OnPhase;
}

/** A case that ran, and what it took, in ms. */
export interface CaseRun {
  readonly report: CaseReport;
  /** Of the slowest variant, by the wall clock. */
  readonly runMs: number;
  /** What the case took beside warm-up and runs. */
  readonly overheadMs: number;
}

/**
 * Checks every variant, times the green ones in turn, and counts their work. A red variant is in the report without times.
 * @throws what a variant throws, such as OutOfMemoryError; what was built before is disposed of
 */
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
    for (const checked of gates) {
      if (!checked.gate.isOk) continue;
      const { variant, gate, workload } = await admit(device, checked, benchCase.dims);
      checked.gate = gate;
      if (workload) contenders.push({ variant, gate, workload, wall: [], profiles: [] });
    }
    const timing = performance.now();
    const runMs = await timeContenders(device, contenders, settings, context.onPhase ?? (() => {}));
    const timedMs = performance.now() - timing;
    const variants: VariantReport[] = [];
    for (const { variant, gate } of gates) {
      const contender = contenders.find((other) => other.variant === variant);
      variants.push(
        contender
          ? await variantReport(device, contender, contenders[0] as Contender, {
              isSoftware: device.caps.isSoftware,
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

interface Checked {
  readonly variant: Variant;
  gate: GateReport;
}

async function checkAll(
  device: Device,
  benchCase: BenchCase,
  { gates: known = new Map<string, GateReport>(), onPhase }: CaseContext,
): Promise<Checked[]> {
  const { suite, op, mode, preset, variants, dims, gateDims = dims } = benchCase;
  const gates: Checked[] = [];
  for (const variant of variants) {
    onPhase?.('check', gates.length, variants.length);
    const key = [suite, op, mode, preset, variant.name, formatDims(gateDims)].join(' ');
    const gate = known.get(key) ?? (await runGate(device, variant, gateDims));
    known.set(key, gate);
    gates.push({ variant, gate });
  }
  return gates;
}

/** The workload that will be timed, checked by a sample of its own sizes; null where that is red. */
async function admit(
  device: Device,
  { variant, gate }: Checked,
  dims: Dims,
): Promise<Checked & { readonly workload: Workload | null }> {
  const workload = await variant.build(device, dims);
  let sampled: GateReport | null = null;
  try {
    sampled = await checkSample(device, workload, { gate, dims });
  } finally {
    if (!sampled?.isOk) workload.dispose();
  }
  return { variant, gate: sampled, workload: sampled.isOk ? workload : null };
}
