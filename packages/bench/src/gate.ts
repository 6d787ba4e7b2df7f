// The correctness gate: a variant whose outputs differ from the f64 reference is not timed.

import type { Device, HostArray } from '@vulpes/tensor-core';
import {
  type Dims,
  type Expectations,
  type Expected,
  formatDims,
  type Variant,
  type Workload,
} from './case.ts';

export interface GateCheck {
  readonly output: string;
  /** RMS(actual − expected) / RMS(expected); null where it is not a number, or the sizes differ. */
  readonly rmsErrorRatio: number | null;
  readonly maxAbsError: number | null;
  readonly bound: number;
  readonly isOk: boolean;
  /** The timed sizes, of a check by a sample of them; left out where those of the report hold. */
  readonly dims?: Dims;
}

export interface GateReport {
  readonly isOk: boolean;
  /** Sizes that the whole outputs were checked at. */
  readonly dims: Dims;
  readonly checks: readonly GateCheck[];
}

/** Runs a variant once and compares every output that its twin names. */
export async function runGate(device: Device, variant: Variant, dims: Dims): Promise<GateReport> {
  const workload = await variant.build(device, dims);
  try {
    const expected = await workload.expected();
    const actual = workload.checked?.() ?? runOnce(device, workload, expected);
    const checks = compare(await actual, expected);
    return { isOk: areGreen(checks), dims, checks };
  } finally {
    workload.dispose();
  }
}

/** Adds to a report what the workload that will be timed says at its own sizes `dims`; the same report where it has no sample, or was checked whole at these sizes. */
export async function checkSample(
  device: Device,
  workload: Workload,
  { gate, dims }: { readonly gate: GateReport; readonly dims: Dims },
): Promise<GateReport> {
  if (!workload.sample || formatDims(gate.dims) === formatDims(dims)) return gate;
  const expected = await workload.sample();
  const checks = compare(await runOnce(device, workload, expected), expected);
  return {
    ...gate,
    isOk: gate.isOk && areGreen(checks),
    checks: [...gate.checks, ...checks.map((check) => ({ ...check, dims }))],
  };
}

/** A twin that names nothing proves nothing. */
const areGreen = (checks: readonly GateCheck[]): boolean =>
  checks.length > 0 && checks.every(({ isOk }) => isOk);

/** Runs once, and reads the outputs that are expected. */
async function runOnce(
  device: Device,
  workload: Workload,
  expected: Expectations,
): Promise<Record<string, HostArray>> {
  const outputs = device.scope(() => workload.run());
  const actual: Record<string, HostArray> = {};
  for (const output of Object.keys(expected)) {
    const data = await outputs[output]?.data();
    if (data) actual[output] = data;
  }
  for (const tensor of Object.values(outputs)) tensor.dispose();
  return actual;
}

const compare = (
  actual: Readonly<Record<string, HostArray>>,
  expected: Expectations,
): GateCheck[] =>
  Object.entries(expected).map(([output, want]) => checkOutput(output, actual[output], want));

/** Compares one output; a missing one, another length or a NaN is a breach. */
export function checkOutput(
  output: string,
  actual: HostArray | undefined,
  { values, bound, indices }: Expected,
): GateCheck {
  let [error, reference, largest] = [0, 0, 0];
  const isComparable =
    actual !== undefined && (indices ?? actual).length === values.length && values.length > 0;
  for (let i = 0; isComparable && i < values.length; i++) {
    const want = values[i] as number;
    const difference = Math.abs((actual[indices?.[i] ?? i] as number) - want);
    error += difference ** 2;
    reference += want ** 2;
    largest = Math.max(largest, difference);
  }
  const ratio = Math.sqrt(reference === 0 ? error / values.length : error / reference);
  const isNumber = isComparable && Number.isFinite(ratio);
  return {
    output,
    rmsErrorRatio: isNumber ? ratio : null,
    maxAbsError: isNumber ? largest : null,
    bound,
    isOk: isNumber && ratio <= bound,
  };
}
