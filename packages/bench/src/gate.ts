// The correctness gate: a variant whose outputs differ from the f64 twin is not timed.

import type { Device, HostArray } from '@vulpes/tensor-core';
import type { Dims, Expected, Variant } from './case.ts';

export interface GateCheck {
  readonly output: string;
  /** RMS(actual − expected) / RMS(expected); null where it is not a number, or the sizes differ. */
  readonly rmsErrorRatio: number | null;
  readonly maxAbsError: number | null;
  readonly bound: number;
  readonly isOk: boolean;
}

export interface GateReport {
  readonly isOk: boolean;
  readonly dims: Dims;
  readonly checks: readonly GateCheck[];
}

/** Runs a variant once and compares every output that its twin names. */
export async function runGate(device: Device, variant: Variant, dims: Dims): Promise<GateReport> {
  const workload = variant.build(device, dims);
  try {
    const outputs = device.scope(() => workload.run());
    const expected = await workload.expected();
    const checks: GateCheck[] = [];
    for (const [output, want] of Object.entries(expected)) {
      checks.push(checkOutput(output, await outputs[output]?.data(), want));
    }
    for (const tensor of Object.values(outputs)) tensor.dispose();
    // A twin that names nothing proves nothing.
    return { isOk: checks.length > 0 && checks.every((check) => check.isOk), dims, checks };
  } finally {
    workload.dispose();
  }
}

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
