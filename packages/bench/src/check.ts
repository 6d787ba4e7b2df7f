// The correctness check: a variant whose outputs differ from the f64 reference is not timed.

import { type Device, disposeAll, type Tensor } from '@vulpes/tensor-core';
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
    return report(dims, await compare(device, workload, await workload.expected()));
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
  const outputs = await compare(device, workload, await workload.sample());
  if (outputs.length === 0) return report(check.dims, []);
  return report(check.dims, [...check.outputs, ...outputs.map((one) => ({ ...one, dims }))]);
}

/** A check of nothing proves nothing. */
const report = (dims: Dims, outputs: readonly OutputCheck[]): CheckReport => ({
  isOk: outputs.length > 0 && outputs.every(({ isOk }) => isOk),
  dims,
  outputs,
});

/** Runs once, and reads the outputs that are expected. */
async function compare(
  device: Device,
  workload: Workload,
  expected: Expectations,
): Promise<OutputCheck[]> {
  const outputs = device.scope(() => workload.run());
  const names = Object.keys(expected).filter((name) => outputs[name]);
  const values = await device.read(names.map((name) => outputs[name] as Tensor));
  disposeAll(outputs);
  const actual = Object.fromEntries(names.map((name, index) => [name, values[index]]));
  return Object.entries(expected).map(([output, want]) =>
    checkOutput(output, want.actual ?? actual[output], want),
  );
}

/** Compares one output; a missing one, another length and a NaN are wrong. */
export function checkOutput(
  output: string,
  actual: ArrayLike<number> | undefined,
  { values, bound, indices }: Expected,
): OutputCheck {
  let [error, reference] = [0, 0];
  const isComparable =
    actual !== undefined && (indices ?? actual).length === values.length && values.length > 0;
  for (let i = 0; isComparable && i < values.length; i++) {
    const want = values[i] as number;
    error += ((actual[indices?.[i] ?? i] as number) - want) ** 2;
    reference += want ** 2;
  }
  const ratio = Math.sqrt(reference === 0 ? error / values.length : error / reference);
  const isNumber = isComparable && Number.isFinite(ratio);
  return {
    output,
    rmsErrorRatio: isNumber ? ratio : null,
    bound,
    isOk: isNumber && ratio <= bound,
  };
}
