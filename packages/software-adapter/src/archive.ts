import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { SoftwareAdapterError } from './errors.ts';
import { type TarFile, tarFiles } from './tar.ts';

/** What SwiftShader needs, all in one folder: its manifest names the driver by relative path. */
export const DRIVER = 'libvk_swiftshader.so';
export const LOADER = 'libvulkan.so.1';
export const MANIFEST = 'vk_swiftshader_icd.json';
export const FILES: readonly string[] = [DRIVER, LOADER, MANIFEST];

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

/** The three files of SwiftShader, decompressed (about 0.1 s). */
export const readArchive = (): TarFile[] => {
  const files = [...tarFiles(brotliDecompressSync(readDonor('bin', 'swiftshader.tar.br')))];
  const wanted = files.filter((file) => FILES.includes(file.name));
  if (wanted.length === FILES.length) return wanted;
  throw new SoftwareAdapterError(
    'archive-damaged',
    `softwareAdapter: expected ${FILES.join(', ')} in the archive, got ` +
      `${wanted.map((file) => file.name).join(', ') || 'none'}. Install the dependencies again.`,
  );
};
