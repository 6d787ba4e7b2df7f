import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { expect, test } from 'vitest';
import { HASHES, LOADER, readArchive } from './archive.ts';
import { toHash } from './cache.ts';
import { makeTar } from './fixtures/make-tar.ts';

const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
const archive = readFileSync(join(dirname(entry), '..', '..', 'bin', 'swiftshader.tar.br'));

const compress = (data: Uint8Array): Uint8Array =>
  brotliCompressSync(data, { params: { [constants.BROTLI_PARAM_QUALITY]: 0 } });

test('the files of the installed package are those that we know', () => {
  const hashes = readArchive().map(({ name, data }) => [name, toHash(data)]);
  expect(Object.fromEntries(hashes)).toEqual(HASHES);
});

test('one flipped bit in a file is noticed', () => {
  const files = readArchive().map(({ name, data }) => {
    const copy = Uint8Array.from(data);
    if (name === LOADER) copy[1000] = (copy[1000] ?? 0) ^ 1;
    return { name, data: copy };
  });
  expect(() => readArchive(compress(makeTar(files)))).toThrowErrorMatchingInlineSnapshot(
    `[SoftwareAdapterError: softwareAdapter: expected the SwiftShader of @sparticuz/chromium with known hashes, got other bytes in libvulkan.so.1. Install the dependencies again.]`,
  );
});

test('a flipped bit in the compressed archive never changes a file unnoticed', () => {
  let errors = 0;
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const copy = Uint8Array.from(archive);
    const at = Math.floor(share * copy.length);
    copy[at] = (copy[at] ?? 0) ^ 4;
    try {
      // The archive has other files, too, which we do not use.
      for (const { name, data } of readArchive(copy)) expect(toHash(data)).toBe(HASHES[name]);
    } catch (error) {
      expect(error, `byte ${at}`).toMatchObject({ code: 'archive-damaged' });
      errors += 1;
    }
  }
  expect(errors).toBeGreaterThan(1);
});

test('an archive without one of the files is refused', () => {
  const others = makeTar([{ name: 'other.so', data: Buffer.from('x') }]);
  expect(() => readArchive(compress(others))).toThrow(
    `none named ${Object.keys(HASHES).join(', ')}`,
  );
});
