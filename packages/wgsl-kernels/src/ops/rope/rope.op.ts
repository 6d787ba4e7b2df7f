// Rotary position embedding, first half against second half, as the official models use it.

import {
  ArgumentError,
  assertShape,
  type Device,
  defineOp,
  type ForwardContext,
  formatShape,
  ShapeError,
  type Tensor,
  UnsupportedError,
} from '@vulpes/tensor-core';
import { assertDType, assertFloat } from '../../lib/check.ts';
import { type RopeDims, ropeKernel } from './rope.kernel.ts';
import { MAX_POSITIONS, ropeTable } from './rope-table.ts';

interface Attrs {
  readonly dims: RopeDims;
  readonly base: number;
}

interface RopeInputs {
  readonly x: Tensor;
  readonly positions?: Tensor | undefined;
}

const ropeOp = defineOp({
  name: 'rope',
  constants: ['positions'],
  forward: ({ device, inputs, attrs }: ForwardContext<RopeInputs, Attrs>) => ({
    output: rotate(device, inputs, attrs, 1),
    saved: { positions: inputs.positions },
  }),
  backward: ({ device, dOutput, saved, attrs }) => ({
    x: rotate(device, { x: dOutput, ...saved }, attrs, -1),
  }),
});

function rotate(
  device: Device,
  { x, positions }: RopeInputs,
  { dims, base }: Attrs,
  direction: 1 | -1,
): Tensor {
  const { dtype } = x;
  const y = device.empty(x.shape, { dtype, label: 'rope' });
  ropeKernel.run(device, {
    dims: { ...dims, direction, dtype },
    tensors: { x, positions, table: ropeTable(device, base, dims.headDim), y },
  });
  return y;
}

/**
 * Rotates the pair (x[c], x[c + D/2]) by position · base^(−2c / D).
 * @param x - [B, T, H, D], f32 or f16, D even
 * @param options.positions - i32 [B, T], may be negative; default 0…T−1. From ±262,144 on the result is NaN.
 * @throws ShapeError DTypeError ArgumentError UnsupportedError
 */
export function rope(
  x: Tensor,
  { base, positions }: { base: number; positions?: Tensor | undefined },
): Tensor {
  assertFloat('rope', 'x', x);
  const { B, T, H, D } = assertShape('rope', 'x', x, ['B', 'T', 'H', 'D']);
  if (D % 2 !== 0) {
    throw new ShapeError(`rope: expected x [B, T, H, D] with even D, got ${formatShape(x.shape)}.`);
  }
  if (!(Number.isFinite(base) && base > 0)) {
    throw new ArgumentError(`rope: expected base > 0, got ${base}.`);
  }
  if (positions) {
    assertDType('rope', 'positions', positions, 'i32');
    assertShape('rope', 'positions', positions, ['B', 'T'], { B, T });
  } else if (T > MAX_POSITIONS) {
    throw new UnsupportedError(`rope: expected T ≤ ${MAX_POSITIONS}, got ${T}.`);
  }
  const dims = { batch: B, seqLen: T, numHeads: H, headDim: D };
  return ropeOp({ x, positions }, { dims, base });
}
