// Filling a tensor with known numbers, and comparing two of them, on the device: products are too large to be read back.

import { foldGrid, type Tensor } from '@vulpes/tensor-core';
import { defineKernel } from '@vulpes/wgsl-kernels';
import compareWgsl from './compare.wgsl';
import fillWgsl from './fill.wgsl';

interface Dims {
  readonly size: number;
  readonly dtype: string;
}

interface FillDims extends Dims {
  readonly seed: number;
}

const fillKernel = defineKernel({
  name: 'tune-fill',
  source: fillWgsl,
  bindings: ['y:write'],
  select: ({ dtype }: FillDims) => ({ Stored: dtype }),
  grid: ({ size }: FillDims) => foldGrid(Math.ceil(size / 256)),
});

const PARTS = 512;

const compareKernel = defineKernel({
  name: 'tune-compare',
  source: compareWgsl,
  bindings: ['x:read', 'y:read', 'parts:write'],
  select: ({ dtype }: Dims) => ({ Stored: dtype }),
  grid: () => [PARTS, 1, 1],
});

export function fillNumbers(y: Tensor, seed: number): void {
  const { size, dtype } = y;
  fillKernel.run(y.device, { dims: { size, dtype, seed }, tensors: { y } });
}

/** Starts to compare; the parts are for `readError`. */
export function compareTensors(x: Tensor, y: Tensor): Tensor {
  const parts = x.device.empty([PARTS, 2], { label: 'differences' });
  const { size, dtype } = x;
  compareKernel.run(x.device, { dims: { size, dtype }, tensors: { x, y, parts } });
  return parts;
}

/** The largest difference, as a share of the root mean square of y, a tensor of `size` elements. */
export async function readError(parts: Tensor, size: number): Promise<number> {
  const values = await parts.data();
  let [most, squares] = [0, 0];
  for (let part = 0; part < PARTS; part++) {
    most = Math.max(most, values[2 * part] as number);
    squares += values[2 * part + 1] as number;
  }
  return most / Math.sqrt(squares / size);
}
