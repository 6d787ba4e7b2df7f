import { SoftwareAdapterError } from './errors.ts';

export interface TarFile {
  readonly name: string;
  readonly data: Uint8Array;
}

const BLOCK = 512; // bytes; headers and file data are padded to it

const text = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
};

/** The regular files of an uncompressed ustar archive, in order; links and folders are skipped. */
export function* tarFiles(archive: Uint8Array): Generator<TarFile> {
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + BLOCK);
    if (text(header.subarray(257, 262)) !== 'ustar') throw damaged(`no ustar header at ${at}`);
    const size = Number.parseInt(text(header.subarray(124, 136)), 8);
    const start = at + BLOCK;
    if (!(start + size <= archive.length)) throw damaged(`file at ${at} is cut off`);
    const type = header[156];
    if (type === 0 || type === 0x30) {
      yield { name: text(header.subarray(0, 100)), data: archive.subarray(start, start + size) };
    }
    at = start + Math.ceil(size / BLOCK) * BLOCK;
  }
}

const damaged = (what: string): SoftwareAdapterError =>
  new SoftwareAdapterError(
    'archive-damaged',
    `softwareAdapter: expected a tar archive, got ${what}. Install the dependencies again.`,
  );
