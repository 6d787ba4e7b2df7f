// Writing a safetensors file: tensors by falling element size, then by name, so each one's data is aligned.

import { CheckpointError } from '@vulpes/tensor-core';
import {
  dtypeOfArray,
  SAFETENSORS_BYTES,
  type SafetensorsArray,
  type SafetensorsDType,
} from './dtypes.ts';
import { f32ToBf16, f32ToF16 } from './half.ts';

/** A tensor to write. `dtype` is needed only for F16 and BF16 (rounded from a Float32Array) and BOOL (from a Uint8Array). */
export interface WritableTensor {
  readonly shape: readonly number[];
  readonly data: SafetensorsArray;
  readonly dtype?: SafetensorsDType;
}

interface Encoded {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/**
 * The whole file. The same tensors and metadata give the same bytes, whatever the order of keys.
 * @throws CheckpointError where shape and data differ, or a dtype cannot hold the data.
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, WritableTensor>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const encoded = Object.entries(tensors).map(([name, tensor]) => encode(name, tensor));
  encoded.sort((a, b) => elementBytes(b) - elementBytes(a) || (a.name < b.name ? -1 : 1));
  const header = encodeHeader(encoded, metadata);
  const dataBytes = encoded.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
  const file = new Uint8Array(8 + header.byteLength + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(header.byteLength), true);
  file.set(header, 8);
  let position = 8 + header.byteLength;
  for (const { bytes } of encoded) {
    file.set(bytes, position);
    position += bytes.byteLength;
  }
  return file;
}

const elementBytes = ({ dtype }: Encoded): number => SAFETENSORS_BYTES[dtype];

/** The JSON header, padded with spaces to a multiple of 8 bytes. Built by hand: a name may be `__proto__`. */
function encodeHeader(
  encoded: readonly Encoded[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const parts: string[] = [];
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  if (pairs.length > 0) {
    const texts = pairs.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
    parts.push(`"__metadata__":{${texts.join(',')}}`);
  }
  let position = 0;
  for (const { name, dtype, shape, bytes } of encoded) {
    const offsets = [position, position + bytes.byteLength];
    parts.push(
      `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: offsets })}`,
    );
    position += bytes.byteLength;
  }
  const text = new TextEncoder().encode(`{${parts.join(',')}}`);
  const padded = new Uint8Array(Math.ceil(text.byteLength / 8) * 8).fill(0x20);
  padded.set(text);
  return padded;
}

function encode(
  name: string,
  { shape, data, dtype = dtypeOfArray(data) }: WritableTensor,
): Encoded {
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (name === '__metadata__' || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0)) {
    throw new CheckpointError(
      `writeSafetensors: expected a tensor name other than __metadata__ and non-negative integer dims, got ${JSON.stringify(name)} [${shape.join(', ')}].`,
    );
  }
  if (size !== data.length) {
    throw new CheckpointError(
      `writeSafetensors: tensor ${JSON.stringify(name)}: expected ${size} elements for [${shape.join(', ')}], got ${data.length}.`,
    );
  }
  return { name, dtype, shape, bytes: encodeElements(name, data, dtype) };
}

function encodeElements(name: string, data: SafetensorsArray, dtype: SafetensorsDType): Uint8Array {
  const own = dtypeOfArray(data);
  if (dtype === own || (dtype === 'BOOL' && own === 'U8')) return bytesOf(data);
  if (data instanceof Float32Array && dtype === 'F16')
    return bytesOf(Uint16Array.from(data, f32ToF16));
  if (data instanceof Float32Array && dtype === 'BF16')
    return bytesOf(Uint16Array.from(data, f32ToBf16));
  throw new CheckpointError(
    `writeSafetensors: tensor ${JSON.stringify(name)}: expected data that ${dtype} can hold, got ${data.constructor.name}. Pass the matching typed array.`,
  );
}

/** The array's bytes; hosts with WebGPU are little-endian, as the format is. */
const bytesOf = (data: SafetensorsArray): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
