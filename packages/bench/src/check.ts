// The correctness check: a variant whose outputs differ from the f64 reference is not timed.

import type { Device, HostArray } from '@vulpes/tensor-core';
import {
  type Expectations,
  type Expected,
  formatDims,
  type Variant,
  type Workload,
} from './case.ts';
import type { CheckReport, Dims, OutputCheck } from './schema.ts';

/** Runs a variant once and compares every output that its reference names. */
export async function runCheck(device: Device, variant: Variant, dims: Dims): Promise<CheckReport> {
  const workload = await variant.build(device, dims);
  try {
    const expected = await workload.expected();
    const actual = workload.checked?.() ?? runOnce(device, workload, expected);
    const outputs = compare(await actual, expected);
    return { isOk: areAllRight(outputs), dims, outputs };
  } finally {
    workload.dispose();
  }
}

/** Adds what a sample of the timed sizes `dims` says. The same report where there is no sample, or the whole check was at these sizes. */
export async function checkSample(
  device: Device,
  workload: Workload,
  { check, dims }: { readonly check: CheckReport; readonly dims: Dims },
): Promise<CheckReport> {
  if (!workload.sample || formatDims(check.dims) === formatDims(dims)) return check;
  const expected = await workload.sample();
  const outputs = compare(await runOnce(device, workload, expected), expected);
  return {
    ...check,
    isOk: check.isOk && areAllRight(outputs),
    outputs: [...check.outputs, ...outputs.map((output) => ({ ...output, dims }))],
  };
}

/** A check of nothing proves nothing. */
const areAllRight = (outputs: readonly OutputCheck[]): boolean =>
  outputs.length > 0 && outputs.every(({ isOk }) => isOk);

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
): OutputCheck[] =>
  Object.entries(expected).map(([output, want]) => checkOutput(output, actual[output], want));

/** Compares one output; a missing one, another length and a NaN are wrong. */
export function checkOutput(
  output: string,
  actual: HostArray | undefined,
  { values, bound, indices }: Expected,
): OutputCheck {
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
