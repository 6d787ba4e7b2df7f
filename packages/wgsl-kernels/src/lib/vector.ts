// How elementwise kernels split their work: four elements a thread where the length allows, else one.

import { type DType, foldGrid } from '@vulpes/tensor-core';

/** Elements that one thread loads at once; `length` is what must be divisible (a row, or all elements). */
export const vectorWidth = (length: number): 1 | 4 => (length % 4 === 0 ? 4 : 1);

/**
 * The WGSL type of `width` values: f32 for `alias Vector`, in which kernels compute; the tensor's dtype for `alias Stored`, as it lies in memory.
 */
export const vectorType = (width: 1 | 4, dtype: DType = 'f32'): string =>
  width === 4 ? `vec4<${dtype}>` : dtype;

/** Workgroups for one thread per item. */
export const threadGrid = (threads: number, workgroupSize: number): [number, number, number] =>
  foldGrid(Math.ceil(threads / workgroupSize));

/** Threads that share a row of `vectors` loads: a power of two, about 4 loads each, at most a workgroup. */
export function lanesPerRow(vectors: number, workgroupSize: number): number {
  let lanes = 1;
  while (lanes < workgroupSize && lanes * 4 < vectors) lanes *= 2;
  return lanes;
}
