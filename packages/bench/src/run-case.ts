// One case: check every variant, then time the right ones in alternating runs, so that drift affects all alike.

import type { Device } from '@vulpes/tensor-core';
import { type BenchCase, caseId, formatDims, type Variant } from './case.ts';
import { checkSample, runCheck } from './check.ts';
import { reportVariant } from './report/variant-report.ts';
import type { CaseReport, CheckReport, Dims, Peaks, VariantReport } from './schema.ts';
import type { RunSettings } from './timing/rounds.ts';
import { type TimedVariant, timeVariants } from './timing/time-variants.ts';

/** What a case shares with those before it. */
export interface CaseContext {
  /** For the shares; null = none were measured. */
  readonly peaks?: Peaks | null;
  /** Checks that were made already: cases that differ in length alone are checked once. */
  readonly checks?: Map<string, CheckReport>;
}

/**
 * Checks every variant, times the right ones in turn, and counts their work. A wrong variant is in the report without times.
 * @throws what a variant throws, such as OutOfMemoryError; what was built before is disposed of
 */
export async function runCase(
  device: Device,
  benchCase: BenchCase,
  settings: RunSettings,
  { peaks = null, checks = new Map() }: CaseContext = {},
): Promise<CaseReport> {
  const { suite, op, mode, dims, inputs, preset = null, variants } = benchCase;
  const checked: [Variant, CheckReport][] = [];
  for (const variant of variants)
    checked.push([variant, await checkOnce(device, benchCase, variant, checks)]);
  const built: (TimedVariant | VariantReport)[] = [];
  try {
    for (const [variant, check] of checked) built.push(await build(device, variant, check, dims));
    const timed = built.filter(isTimed);
    await timeVariants(device, timed, settings);
    const basis = { isSoftware: device.caps.isSoftware, peaks };
    const reports: VariantReport[] = [];
    for (const one of built) {
      const first = timed[0] as TimedVariant;
      reports.push(isTimed(one) ? await reportVariant(device, one, first, basis) : one);
    }
    return { id: caseId(benchCase), suite, op, mode, dims, preset, inputs, variants: reports };
  } finally {
    for (const { workload } of built.filter(isTimed)) workload.dispose();
  }
}

const isTimed = (one: TimedVariant | VariantReport): one is TimedVariant => 'workload' in one;

async function checkOnce(
  device: Device,
  { suite, op, mode, preset, dims, checkDims = dims }: BenchCase,
  variant: Variant,
  checks: Map<string, CheckReport>,
): Promise<CheckReport> {
  const key = [suite, op, mode, preset, variant.name, formatDims(checkDims)].join(' ');
  const check = checks.get(key) ?? (await runCheck(device, variant, checkDims));
  checks.set(key, check);
  return check;
}

/** The workload that will be timed, checked by a sample of its own sizes; a report without times where a check failed. */
async function build(
  device: Device,
  variant: Variant,
  check: CheckReport,
  dims: Dims,
): Promise<TimedVariant | VariantReport> {
  const failed = { name: variant.name, timing: null, counts: null };
  if (!check.isOk) return { ...failed, check };
  const workload = await variant.build(device, dims);
  let sampled: CheckReport | null = null;
  try {
    sampled = await checkSample(device, workload, { check, dims });
  } finally {
    if (!sampled?.isOk) workload.dispose();
  }
  if (!sampled.isOk) return { ...failed, check: sampled };
  return { variant, check: sampled, workload, wall: [], profiles: [], streamMs: null };
}
