// The dtype that activations and products have: a fact of a run, not of a model's file.

import { ArgumentError, type DeviceCaps, UnsupportedError } from '@vulpes/tensor-core';

/**
 * - `f32`: everything.
 * - `f16`: mixed precision. Activations, products and attention are f16 with f32 sums; weights, the residual stream,
 *   statistics, gates and losses stay f32.
 */
export type ComputeDType = 'f32' | 'f16';

/** @throws ArgumentError UnsupportedError */
export function checkCompute(compute: ComputeDType, { features }: DeviceCaps): ComputeDType {
  if (compute !== 'f32' && compute !== 'f16') {
    throw new ArgumentError(
      `createModel: expected compute f32 or f16, got ${JSON.stringify(compute)}.`,
    );
  }
  if (compute === 'f32' || features.f16) return compute;
  throw new UnsupportedError(
    "createModel: expected an adapter with f16 (the WebGPU feature shader-f16) for compute 'f16', this one has none. Use compute 'f32'.",
  );
}
