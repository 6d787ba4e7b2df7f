// Which precision a run computes in, and how it is said.

import type { ComputeDType } from '@vulpes/lm-models';
import type { DeviceCaps } from '@vulpes/tensor-core';

/** `mixed`: products and attention in f16 with f32 sums; weights, statistics and losses in f32. */
export type Precision = 'f32' | 'mixed';

export const precisions: readonly Precision[] = ['f32', 'mixed'];

export interface PrecisionChoice {
  readonly precision: Precision;
  /** Why, for users. */
  readonly reason: string;
}

/** `auto` takes mixed where it is faster: on adapters with f16 and subgroup matrices of f16 with f32 sums. Pure. */
export function choosePrecision(wanted: Precision | 'auto', caps: DeviceCaps): PrecisionChoice {
  if (wanted !== 'auto') return { precision: wanted, reason: 'as asked for' };
  if (!caps.features.f16) return { precision: 'f32', reason: 'this adapter has no f16' };
  const hasMatrices = caps.subgroupMatrixConfigs.some(
    ({ componentType, resultComponentType }) =>
      componentType === 'f16' && resultComponentType === 'f32',
  );
  return hasMatrices
    ? { precision: 'mixed', reason: 'f16 products by subgroup matrices, f32 sums and weights' }
    : { precision: 'f32', reason: 'this adapter has no subgroup matrices for f16' };
}

/** What a model of that precision computes with. */
export const toComputeDType = (precision: Precision): ComputeDType =>
  precision === 'mixed' ? 'f16' : 'f32';
