// Parsing and checking the JSON header of a safetensors file; nothing in it is trusted.

import { CheckpointError, describeValue, parseJson, shorten } from '@vulpes/tensor-core';
import { isSafetensorsDType, SAFETENSORS_BYTES, type SafetensorsDType } from './dtypes.ts';

/** The official reader's cap; a longer header is refused before it is parsed. */
export const MAX_HEADER_BYTES = 100_000_000;

/** One tensor of the header; `begin` and `end` are bytes from the start of the data section. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: SafetensorsDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly metadata: Readonly<Record<string, string>>;
  /** In order of their bytes. */
  readonly entries: readonly HeaderEntry[];
  /** Where the data section starts in the file. */
  readonly dataStart: number;
}

/**
 * Reads the header of `bytes` and checks that its tensors fill the data section exactly: no gap, no overlap, none missing.
 * @param source - file name for messages.
 * @throws CheckpointError naming the file, what was expected and what came.
 */
export function parseHeader(bytes: Uint8Array, source: string): Header {
  const headerBytes = headerLength(bytes, source);
  const dataStart = 8 + headerBytes;
  const json = parseObject(bytes.subarray(8, dataStart), source);
  const entries = Object.entries(json)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, value]) => parseEntry(name, value, source))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkContiguous(entries, bytes.byteLength - dataStart, source);
  return { metadata: parseMetadata(json.__metadata__, source), entries, dataStart };
}

function headerLength(bytes: Uint8Array, source: string): number {
  if (bytes.byteLength < 8) {
    throw new CheckpointError(
      `${source}: expected at least 8 bytes for the header length, got ${bytes.byteLength}. The file is truncated or not safetensors.`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES)) {
    throw new CheckpointError(
      `${source}: expected a header of at most ${MAX_HEADER_BYTES} bytes, got ${length}. The file is damaged or not safetensors.`,
    );
  }
  if (8 + Number(length) > bytes.byteLength) {
    throw new CheckpointError(
      `${source}: expected a header of ${length} bytes, got only ${bytes.byteLength - 8} bytes after its length. The file is truncated.`,
    );
  }
  return Number(length);
}

function parseObject(bytes: Uint8Array, source: string): Record<string, unknown> {
  const value = parseJson(decodeText(bytes, source), `${source}: header`, { uniqueKeys: true });
  if (isRecord(value)) return value;
  throw new CheckpointError(
    `${source}: expected the header to be a JSON object, got ${describeValue(value)}.`,
  );
}

function decodeText(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CheckpointError(
      `${source}: expected a header of UTF-8 JSON, got other bytes. The file is damaged or not safetensors.`,
      { cause },
    );
  }
}

function parseMetadata(value: unknown, source: string): Record<string, string> {
  if (value === undefined || value === null) return {};
  if (isRecord(value) && Object.values(value).every((text) => typeof text === 'string')) {
    return value as Record<string, string>;
  }
  throw new CheckpointError(
    `${source}: expected __metadata__ to be an object of strings, got ${describeValue(value)}.`,
  );
}

function parseEntry(name: string, value: unknown, source: string): HeaderEntry {
  const fail = (expected: string, got: unknown): never => {
    throw new CheckpointError(
      `${source}: tensor ${describeValue(name)}: expected ${expected}, got ${describeValue(got)}.`,
    );
  };
  if (!isRecord(value)) return fail('an object with dtype, shape and data_offsets', value);
  const { dtype, shape, data_offsets: offsets } = value;
  if (!isSafetensorsDType(dtype)) {
    return fail(`dtype to be one of ${Object.keys(SAFETENSORS_BYTES).join(', ')}`, dtype);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) {
    return fail('shape to be an array of non-negative integers', shape);
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return fail('data_offsets to be two non-negative integers', offsets);
  }
  const [begin, end] = offsets as [number, number];
  const size = (shape as number[]).reduce(
    (product, dim) => product * dim,
    SAFETENSORS_BYTES[dtype],
  );
  if (!Number.isSafeInteger(size) || end - begin !== size) {
    return fail(
      `data_offsets to span ${size} bytes for ${dtype} [${shorten(shape.join(', '))}]`,
      offsets,
    );
  }
  return { name, dtype, shape, begin, end };
}

function checkContiguous(entries: readonly HeaderEntry[], dataBytes: number, source: string): void {
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== position) {
      throw new CheckpointError(
        `${source}: tensor ${describeValue(name)}: expected its data to start at byte ${position}, got ${begin}. Tensors ${begin < position ? 'overlap' : 'leave a gap'}.`,
      );
    }
    position = end;
  }
  if (position === dataBytes) return;
  throw new CheckpointError(
    `${source}: expected ${position} bytes of tensor data, got ${dataBytes}. ${position > dataBytes ? 'The file is truncated.' : 'Bytes follow the last tensor.'}`,
  );
}

const isSize = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
