// Test inputs: visibility on the host and on the device, from the same options.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { tokenVisibility } from '@vulpes/wgsl-kernels';

/** Which keys a token may see, as `tokenVisibility` takes it, on the host; cuSeqlens one batch row after the other. */
export interface VisibilityOptions {
  readonly seqStart?: readonly number[];
  readonly cuSeqlens?: readonly number[];
  readonly windowSize?: number;
}

/** i32 [B, N, 2] */
export function deviceVisibility(
  device: Device,
  batch: number,
  length: number,
  { seqStart, cuSeqlens, windowSize }: VisibilityOptions,
): Tensor {
  const ints = (values: readonly number[] | undefined, shape: number[]) =>
    values && device.tensor(Int32Array.from(values), shape);
  return device.scope(() =>
    tokenVisibility(device, {
      batch,
      length,
      seqStart: ints(seqStart, [batch]),
      cuSeqlens: ints(cuSeqlens, [batch, (cuSeqlens?.length ?? 0) / batch]),
      windowSize,
    }),
  );
}

/** [N, 2] of one sequence: the query at t sees keys first … t; first = t + 1 for padding. */
export function hostVisibility(
  length: number,
  { seqStart, cuSeqlens, windowSize = length }: VisibilityOptions,
): Int32Array {
  const offsets = cuSeqlens ?? [0, length];
  const start = seqStart?.[0] ?? 0;
  const visibility = new Int32Array(length * 2);
  for (let t = 0; t < length; t++) {
    const next = offsets.findIndex((offset) => offset > t);
    const isPadding = next <= 0 || t < start;
    const first = isPadding ? t + 1 : Math.max(offsets[next - 1]!, start, t - windowSize + 1);
    visibility.set([first, isPadding ? t : Math.min(offsets[next]!, t + windowSize)], 2 * t);
  }
  return visibility;
}
