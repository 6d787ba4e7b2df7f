import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { type Hashes, toHash } from './cache.ts';
import { SoftwareAdapterError } from './errors.ts';
import { type TarFile, tarFiles } from './tar.ts';

/** What SwiftShader needs, all in one folder: its manifest names the driver by relative path. */
export const DRIVER = 'libvk_swiftshader.so';
export const LOADER = 'libvulkan.so.1';
export const MANIFEST = 'vk_swiftshader_icd.json';

/** SHA-256 of each file, in the one version of the package that we depend on. */
export const HASHES: Hashes = {
  [DRIVER]: '5b9e8591c7c2d1c9618c3ad485d0cdffb81f5f1ffd6a982fdb6578c2d8d3213e',
  [LOADER]: 'fe17a77c1f2df38d3b6a935140f746fd80aac564bb44eb3e4f6b75a504295a41',
  [MANIFEST]: 'c9eef28b6b984fec220ef0abfecc40b502d46946706e47bfe97707027cb818bd',
};

const missing = (cause: unknown): SoftwareAdapterError =>
  new SoftwareAdapterError(
    'archive-missing',
    'softwareAdapter: expected the package @sparticuz/chromium with its bin/ folder beside this ' +
      'one, found none. Install the dependencies again.',
    { cause },
  );

/** The folder of the package that ships SwiftShader. Its code is never run. */
const donorFolder = (): string => {
  try {
    const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
    return join(dirname(entry), '..', '..');
  } catch (cause) {
    throw missing(cause);
  }
};

const readDonor = (...path: string[]): Buffer => {
  const file = join(donorFolder(), ...path);
  try {
    return readFileSync(file);
  } catch (cause) {
    throw missing(cause);
  }
};

/** Version of the package that ships SwiftShader: names the cache folder. */
export const archiveVersion = (): string =>
  (JSON.parse(readDonor('package.json').toString()) as { version: string }).version;

const damaged = (what: string, cause?: unknown): SoftwareAdapterError =>
  new SoftwareAdapterError(
    'archive-damaged',
    `softwareAdapter: expected the SwiftShader of @sparticuz/chromium with known hashes, got ${what}. ` +
      'Install the dependencies again.',
    { cause },
  );

const decompress = (archive: Uint8Array): Uint8Array => {
  try {
    return brotliDecompressSync(archive);
  } catch (cause) {
    throw damaged('an archive that cannot be decompressed', cause);
  }
};

/**
 * The three files of SwiftShader, decompressed (about 0.1 s) and checked.
 * @param archive - tar compressed by brotli
 * @throws SoftwareAdapterError archive-damaged
 */
export const readArchive = (
  archive: Uint8Array = readDonor('bin', 'swiftshader.tar.br'),
): TarFile[] => {
  const files = [...tarFiles(decompress(archive))].filter(({ name }) => name in HASHES);
  const missing = Object.keys(HASHES).filter((name) => !files.some((file) => file.name === name));
  if (missing.length > 0) throw damaged(`none named ${missing.join(', ')}`);
  for (const { name, data } of files) {
    if (toHash(data) !== HASHES[name]) throw damaged(`other bytes in ${name}`);
  }
  return files;
};
