// Element types of tensors, and how host arrays become their bytes.

import { Float16Array } from '@petamoriken/float16';
import { DTypeError } from './errors.ts';

export type DType = 'f32' | 'f16' | 'i32' | 'u32';

/** Host arrays that a tensor is made from or read into. f16 tensors travel as Float32Array. */
export type HostArray = Float32Array | Int32Array | Uint32Array;

/** Bytes of one element. */
export const DTYPE_BYTES: Readonly<Record<DType, number>> = { f32: 4, f16: 2, i32: 4, u32: 4 };

/** The dtype that a host array has by itself. */
export function dtypeOf(data: HostArray): DType {
  if (data instanceof Int32Array) return 'i32';
  if (data instanceof Uint32Array) return 'u32';
  return 'f32';
}

/** Plain numbers as the array that a dtype is made from. */
export function hostArray(data: readonly number[], dtype: DType): HostArray {
  if (dtype === 'i32') return Int32Array.from(data);
  if (dtype === 'u32') return Uint32Array.from(data);
  return Float32Array.from(data);
}

/** Bytes of `data` as `dtype`, padded with zeros to a multiple of 4. f16 rounds to nearest even. */
export function toBytes(data: HostArray, dtype: DType): Uint8Array<ArrayBuffer> {
  if (dtype !== 'f16' && dtype !== dtypeOf(data)) {
    throw new DTypeError(
      `tensor: expected data for dtype ${dtype}, got a ${data.constructor.name}. Pass the matching typed array.`,
    );
  }
  const elements = dtype === 'f16' ? new Float16Array(data) : data;
  const bytes = new Uint8Array(Math.ceil(elements.byteLength / 4) * 4);
  bytes.set(new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength));
  return bytes;
}

/** Inverse of `toBytes`: `size` elements out of raw bytes. */
export function fromBytes(bytes: ArrayBuffer, dtype: DType, size: number): HostArray {
  if (dtype === 'f16') return Float32Array.from(new Float16Array(bytes, 0, size));
  if (dtype === 'i32') return new Int32Array(bytes, 0, size);
  if (dtype === 'u32') return new Uint32Array(bytes, 0, size);
  return new Float32Array(bytes, 0, size);
}
