// Reading a safetensors file (format: https://github.com/huggingface/safetensors) into views on its bytes.

import { CheckpointError } from '@vulpes/tensor-core';
import type { SafetensorsArray, SafetensorsDType } from './dtypes.ts';
import { bf16ToF32, f16ToF32 } from './half.ts';
import { parseHeader } from './header.ts';

/** A tensor of a file: its raw little-endian bytes are a view on the file's, so reading copies nothing. */
export interface SafetensorsTensor {
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** In order of their bytes in the file. */
  readonly tensors: ReadonlyMap<string, SafetensorsTensor>;
}

/**
 * @param bytes - the whole file.
 * @param source - file name for messages.
 * @throws CheckpointError where the file is truncated, damaged or inconsistent.
 */
export function readSafetensors(bytes: Uint8Array, source = 'safetensors'): SafetensorsFile {
  // A plain view: a Node Buffer has its own subarray and slice.
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { metadata, entries, dataStart } = parseHeader(file, source);
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, { dtype, shape, bytes: file.subarray(dataStart + begin, dataStart + end) });
  }
  return { metadata, tensors };
}

/**
 * The tensor's elements in the array type of its dtype (F16, BF16 widened to Float32Array). Always a copy.
 * @throws CheckpointError for 8-bit floats, which no model of ours holds.
 */
export function tensorValues(tensor: SafetensorsTensor, name = 'tensor'): SafetensorsArray {
  // Not slice(): a Node Buffer calls a view that.
  const buffer = new Uint8Array(tensor.bytes).buffer;
  switch (tensor.dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return new Float64Array(buffer);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer), f16ToF32);
    case 'BF16':
      return Float32Array.from(new Uint16Array(buffer), bf16ToF32);
    case 'I64':
      return new BigInt64Array(buffer);
    case 'U64':
      return new BigUint64Array(buffer);
    case 'I32':
      return new Int32Array(buffer);
    case 'U32':
      return new Uint32Array(buffer);
    case 'I16':
      return new Int16Array(buffer);
    case 'U16':
      return new Uint16Array(buffer);
    case 'I8':
      return new Int8Array(buffer);
    case 'U8':
    case 'BOOL':
      return new Uint8Array(buffer);
    case 'F8_E4M3':
    case 'F8_E5M2':
      throw new CheckpointError(
        `${name}: expected a tensor of at least 16-bit floats or of integers, got ${tensor.dtype}. Convert the file first.`,
      );
    default:
      return tensor.dtype satisfies never;
  }
}

/**
 * Floating-point elements as f32: F32 by copy, F16 and BF16 exactly, F64 rounded.
 * @throws CheckpointError for other element types.
 */
export function tensorFloats(tensor: SafetensorsTensor, name = 'tensor'): Float32Array {
  const isFloat = ['F32', 'F16', 'BF16', 'F64'].includes(tensor.dtype);
  const values = isFloat ? tensorValues(tensor, name) : null;
  if (values instanceof Float32Array) return values;
  if (values instanceof Float64Array) return Float32Array.from(values);
  throw new CheckpointError(`${name}: expected F32, F16, BF16 or F64, got ${tensor.dtype}.`);
}
