// Reading and writing safetensors: round trips, the official layout, and every way a file can be wrong.

import { CheckpointError } from '@vulpes/tensor-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dtypeOfArray, type SafetensorsArray } from './dtypes.ts';
import { MAX_HEADER_BYTES } from './header.ts';
import { readSafetensors, tensorFloats, tensorValues } from './read.ts';
import { type WritableTensor, writeSafetensors } from './write.ts';

/** A file from a header text and data, as no writer of ours would make it. */
function rawFile(
  header: string,
  data: Uint8Array = new Uint8Array(0),
  length?: bigint,
): Uint8Array {
  const text = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

const headerOf = (file: Uint8Array): string => {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  return new TextDecoder().decode(file.subarray(8, 8 + length));
};

const arrayMakers = [
  (n: number) => Uint8Array.from({ length: n }, (_, i) => i * 37),
  (n: number) => Int8Array.from({ length: n }, (_, i) => i * 37 - 100),
  (n: number) => Int16Array.from({ length: n }, (_, i) => i * 377 - 1000),
  (n: number) => Uint16Array.from({ length: n }, (_, i) => i * 377),
  (n: number) => Int32Array.from({ length: n }, (_, i) => i * 99991 - 7),
  (n: number) => Uint32Array.from({ length: n }, (_, i) => i * 99991),
  (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i)),
  (n: number) => Float64Array.from({ length: n }, (_, i) => Math.cos(i)),
  (n: number) => BigInt64Array.from({ length: n }, (_, i) => BigInt(i) * -99_999_999_999n),
  (n: number) => BigUint64Array.from({ length: n }, (_, i) => BigInt(i) * 99_999_999_999n),
];

const anyTensor = fc
  .tuple(fc.array(fc.nat(4), { maxLength: 3 }), fc.nat(arrayMakers.length - 1))
  .map(([shape, maker]): WritableTensor & { data: SafetensorsArray } => {
    const size = shape.reduce((product, dim) => product * dim, 1);
    return { shape, data: (arrayMakers[maker] as (n: number) => SafetensorsArray)(size) };
  });
const anyName = fc
  .string({ unit: 'grapheme', maxLength: 12 })
  .filter((name) => name !== '__metadata__');
const anyFile = fc.tuple(
  fc.dictionary(anyName, anyTensor, { maxKeys: 6 }),
  fc.dictionary(fc.string({ maxLength: 8 }), fc.string(), { maxKeys: 3 }),
);

describe('round trips', () => {
  test('any names, shapes, element types and metadata come back', () => {
    fc.assert(
      fc.property(anyFile, ([tensors, metadata]) => {
        const file = readSafetensors(writeSafetensors(tensors, metadata));
        expect(file.metadata).toEqual(metadata);
        expect([...file.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, { shape, data }] of Object.entries(tensors)) {
          const got = file.tensors.get(name);
          expect(got?.shape).toEqual(shape);
          expect(got?.dtype).toBe(dtypeOfArray(data));
          expect(got && tensorValues(got)).toEqual(data);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('the order of keys does not change the bytes', () => {
    const a = { shape: [2], data: Float32Array.of(1, 2) };
    const b = { shape: [1], data: BigInt64Array.of(3n) };
    const one = writeSafetensors({ a, b }, { x: '1', y: '2' });
    expect(writeSafetensors({ b, a }, { y: '2', x: '1' })).toEqual(one);
  });

  test('a view into a larger buffer writes only its own elements', () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    const { tensors } = readSafetensors(writeSafetensors({ w: { shape: [2], data } }));
    expect([...tensorFloats(tensors.get('w')!)]).toEqual([1, 2]);
  });

  test('a Node Buffer at an odd offset of its pool is read', () => {
    const file = writeSafetensors({ w: { shape: [2], data: Float32Array.of(1, 2) } });
    const pool = Buffer.alloc(file.length + 3);
    pool.set(file, 3);
    const { tensors } = readSafetensors(pool.subarray(3));
    expect([...tensorFloats(tensors.get('w')!)]).toEqual([1, 2]);
  });
});

describe('layout', () => {
  test('larger elements first, then by name; header padded to 8 bytes', () => {
    const file = writeSafetensors(
      {
        z: { shape: [1], data: Float32Array.of(1) },
        a: { shape: [], data: Float32Array.of(2) },
        small: { shape: [3], data: Uint8Array.of(1, 2, 3) },
        big: { shape: [1], data: BigInt64Array.of(5n) },
      },
      { format: 'pt' },
    );
    // The text follows from the format: no spaces, offsets from the start of the data.
    expect(headerOf(file).trimEnd()).toBe(
      '{"__metadata__":{"format":"pt"},' +
        '"big":{"dtype":"I64","shape":[1],"data_offsets":[0,8]},' +
        '"a":{"dtype":"F32","shape":[],"data_offsets":[8,12]},' +
        '"z":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},' +
        '"small":{"dtype":"U8","shape":[3],"data_offsets":[16,19]}}',
    );
    expect(headerOf(file).length % 8).toBe(0);
    expect(file.length).toBe(8 + headerOf(file).length + 19);
  });

  test('no tensors at all is a file', () => {
    expect(readSafetensors(writeSafetensors({})).tensors.size).toBe(0);
  });
});

describe('conversions', () => {
  test('F16 and BF16 are written rounded and read as f32', () => {
    const data = Float32Array.of(1, -2.5, 65504, 2 ** -24, 0.1);
    const file = writeSafetensors({
      half: { shape: [5], data, dtype: 'F16' },
      brain: { shape: [5], data, dtype: 'BF16' },
    });
    const { tensors } = readSafetensors(file);
    // 0.1 as IEEE half is 0x2E66 = 0.0999755859375; 65504 as bfloat16 is 0x4780 = 65536, 0.1 is 0x3DCD = 0.10009765625.
    expect([...tensorFloats(tensors.get('half')!)]).toEqual([
      1,
      -2.5,
      65504,
      2 ** -24,
      0.0999755859375,
    ]);
    expect([...tensorFloats(tensors.get('brain')!)]).toEqual([
      1,
      -2.5,
      65536,
      2 ** -24,
      0.10009765625,
    ]);
  });

  test('integers are not floats', () => {
    const { tensors } = readSafetensors(
      writeSafetensors({ n: { shape: [1], data: Int32Array.of(1) } }),
    );
    expect(() => tensorFloats(tensors.get('n')!, 'tensor n')).toThrowErrorMatchingInlineSnapshot(
      `[CheckpointError: tensor n: expected F32, F16, BF16 or F64, got I32.]`,
    );
  });

  test('8-bit floats are refused by name', () => {
    const file = rawFile(
      '{"w":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}',
      new Uint8Array(1),
    );
    expect(() => tensorValues(readSafetensors(file).tensors.get('w')!, 'w')).toThrow(
      CheckpointError,
    );
  });
});

const tensor = (shape: string, offsets: string, dtype = '"F32"') =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}`;

describe('damaged files are refused with one sentence', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /at least 8 bytes/],
    ['only a length', rawFile('', new Uint8Array(0), 10n), /truncated/],
    [
      'header over the cap',
      rawFile('{}', new Uint8Array(0), BigInt(MAX_HEADER_BYTES) + 1n),
      /at most 100000000/,
    ],
    ['header of 2^64 - 1 bytes', rawFile('{}', new Uint8Array(0), 2n ** 64n - 1n), /at most/],
    ['header cut', rawFile('{"a":1}', new Uint8Array(0), 100n), /truncated/],
    ['not JSON', rawFile('{"a":'), /header: expected JSON, which it is not/],
    ['a name twice', rawFile('{"a":1,"a":1}'), /each name once/],
    ['nested too deep', rawFile('['.repeat(100_000)), /nested at most 64 deep/],
    ['not UTF-8', rawFile('{}').fill(0xff, 8), /UTF-8 JSON/],
    ['an array', rawFile('[]'), /JSON object/],
    ['null', rawFile('null'), /JSON object/],
    ['metadata of numbers', rawFile('{"__metadata__":{"a":1}}'), /object of strings/],
    ['tensor null', rawFile('{"a":null}'), /dtype, shape and data_offsets/],
    ['unknown dtype', rawFile(`{"a":${tensor('[0]', '[0,0]', '"F4"')}}`), /dtype to be one of/],
    [
      'dtype of Object',
      rawFile(`{"a":${tensor('[0]', '[0,0]', '"toString"')}}`),
      /dtype to be one of/,
    ],
    ['negative dim', rawFile(`{"a":${tensor('[-1]', '[0,4]')}}`), /non-negative integers/],
    ['fractional dim', rawFile(`{"a":${tensor('[0.5]', '[0,2]')}}`), /non-negative integers/],
    ['three offsets', rawFile(`{"a":${tensor('[1]', '[0,4,8]')}}`), /two non-negative integers/],
    [
      'offsets backwards',
      rawFile(`{"a":${tensor('[1]', '[4,0]')}}`, new Uint8Array(4)),
      /span 4 bytes/,
    ],
    ['wrong span', rawFile(`{"a":${tensor('[2]', '[0,4]')}}`, new Uint8Array(4)), /span 8 bytes/],
    [
      'sizes overflow',
      rawFile(`{"a":${tensor('[4503599627370496,4096]', '[0,4]')}}`, new Uint8Array(4)),
      /span/,
    ],
    ['data cut', rawFile(`{"a":${tensor('[2]', '[0,8]')}}`, new Uint8Array(4)), /truncated/],
    [
      'data left over',
      rawFile(`{"a":${tensor('[1]', '[0,4]')}}`, new Uint8Array(5)),
      /follow the last tensor/,
    ],
    [
      'a gap',
      rawFile(`{"a":${tensor('[1]', '[0,4]')},"b":${tensor('[1]', '[8,12]')}}`, new Uint8Array(12)),
      /leave a gap/,
    ],
    [
      'overlap',
      rawFile(`{"a":${tensor('[2]', '[0,8]')},"b":${tensor('[2]', '[4,12]')}}`, new Uint8Array(12)),
      /overlap/,
    ],
    [
      'the same bytes twice',
      rawFile(`{"a":${tensor('[1]', '[0,4]')},"b":${tensor('[1]', '[0,4]')}}`, new Uint8Array(4)),
      /overlap/,
    ],
  ])('%s', (_what, file, message) => {
    const read = () => readSafetensors(file, 'x.safetensors');
    expect(read).toThrow(CheckpointError);
    expect(read).toThrow(message);
    expect(read).toThrow(/^x\.safetensors: /);
  });

  test('every truncation of a file is noticed', () => {
    const file = writeSafetensors({
      a: { shape: [3], data: Float32Array.of(1, 2, 3) },
      b: { shape: [2], data: Uint8Array.of(4, 5) },
    });
    for (let length = 0; length < file.length; length++) {
      expect(() => readSafetensors(file.slice(0, length)), `${length} bytes`).toThrow(
        CheckpointError,
      );
    }
  });

  test('random damage gives a CheckpointError or a consistent file, never another error', () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyFile, flips, ([tensors, metadata], changes) => {
        const file = writeSafetensors(tensors, metadata);
        for (const [at, value] of changes) file[at % file.length] = value;
        try {
          for (const { dtype, shape, bytes } of readSafetensors(file).tensors.values()) {
            if (!dtype.startsWith('F8')) {
              const size = shape.reduce((product, dim) => product * dim, 1);
              expect(tensorValues({ dtype, shape, bytes }).length).toBe(size);
            }
          }
        } catch (error) {
          expect(error).toBeInstanceOf(CheckpointError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('the writer refuses', () => {
  test('data that does not fill the shape', () => {
    const write = () => writeSafetensors({ w: { shape: [2, 3], data: new Float32Array(5) } });
    expect(write).toThrowErrorMatchingInlineSnapshot(
      `[CheckpointError: writeSafetensors: tensor "w": expected 6 elements for [2, 3], got 5.]`,
    );
  });

  test('an element type that cannot hold the data', () => {
    const write = () =>
      writeSafetensors({ w: { shape: [1], data: Int32Array.of(1), dtype: 'F16' } });
    expect(write).toThrowErrorMatchingInlineSnapshot(
      `[CheckpointError: writeSafetensors: tensor "w": expected data that F16 can hold, got Int32Array. Pass the matching typed array.]`,
    );
  });

  test('the name of the metadata', () => {
    const write = () => writeSafetensors({ __metadata__: { shape: [], data: Float32Array.of(1) } });
    expect(write).toThrow(/other than __metadata__/);
  });
});
