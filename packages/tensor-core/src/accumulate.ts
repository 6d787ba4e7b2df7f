// A kernel of this package's own: the tape needs a sum to be complete by itself.

import accumulateWgsl from './accumulate.wgsl';
import type { Tensor } from './api.ts';
import { DTypeError, invariant } from './errors.ts';
import { foldGrid } from './grid.ts';
import type { Program } from './program.ts';
import { sameShape } from './shape.ts';

const program: Program = {
  label: 'accumulate',
  wgsl: accumulateWgsl,
  access: ['read_write', 'read'],
  hasParams: true,
};

/** target += source, in place; equal shapes, f32. @throws DTypeError */
export function accumulateInto(target: Tensor, source: Tensor): void {
  invariant(
    sameShape(target.shape, source.shape),
    `gradient shapes differ: ${target.shape} and ${source.shape}`,
  );
  if (target.dtype !== 'f32' || source.dtype !== 'f32') {
    throw new DTypeError(
      `gradient of ${target.label}: expected f32, got ${target.dtype} and ${source.dtype}.`,
    );
  }
  target.device.dispatch({
    program,
    tensors: [target, source],
    params: new Uint8Array(Uint32Array.of(target.size).buffer),
    workgroups: foldGrid(Math.ceil(target.size / 256)),
  });
}
