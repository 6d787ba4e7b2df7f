// The kernel variants of all ops. They are known once the modules of the ops are loaded, and a bundler drops modules that nothing uses.

import { certifiedStopRule } from '@vulpes/acp-scheduler';
import { forgettingAttention, pagedAttention } from '@vulpes/fox-attention';
import {
  type DeviceCaps,
  describeVariants,
  invariant,
  type VariantReport,
} from '@vulpes/tensor-core';
import { globalNorm, linear, linearCrossEntropy, rmsNorm, tokenShift } from '@vulpes/wgsl-kernels';

/** Each has variants of its own, some of them for forward and backward. */
const OPS = [
  ...[linear, linearCrossEntropy, rmsNorm, tokenShift, globalNorm],
  ...[forgettingAttention, pagedAttention, certifiedStopRule],
];

/** Of each op: which variant runs, and why the others do not. */
export function describeAllVariants(caps: DeviceCaps): readonly VariantReport[] {
  const reports = describeVariants(caps);
  invariant(reports.length >= OPS.length, `variants of ${OPS.map(({ name }) => name)}`);
  return reports;
}
