// What a file that is no UTF-8 text seems to be.

/** First bytes, in Latin-1, of what people name by mistake; those that we can read say how. */
const SIGNATURES: readonly (readonly [start: string, what: string, at?: number])[] = [
  ['%PDF', 'a PDF; take the text out of it first, as pdftotext does'],
  [
    'PK\x03\x04',
    'a ZIP archive (or a document that is one, as .docx and .epub are); unpack it first',
  ],
  ['\x1f\x8b', 'gzip data inside what was unpacked already; unpack it once more'],
  ['\x28\xb5\x2f\xfd', 'Zstandard data inside what was unpacked already; unpack it once more'],
  ['BZh', 'bzip2 data; unpack it first (bunzip2), or pack it as .gz or .zst'],
  ['\xfd7zXZ\0', 'xz data; unpack it first (unxz), or pack it as .gz or .zst'],
  ['7z\xbc\xaf', 'a 7-Zip archive; unpack it first'],
  ['Rar!', 'a RAR archive; unpack it first'],
  ['PAR1', 'a Parquet file; name it *.parquet'],
  ['ARROW1', 'an Arrow file; write it as Parquet or JSONL'],
  ['SQLite format 3', 'an SQLite database; write the text out of it first'],
  ['\x89PNG', 'a PNG picture'],
  ['\xff\xd8\xff', 'a JPEG picture'],
  ['GIF8', 'a GIF picture'],
  ['\x7fELF', 'a program'],
  ['MZ', 'a program'],
  ['\x93NUMPY', 'a NumPy array'],
  ['ustar', 'a tar archive; unpack it first', 257],
];

/** @param head - the first bytes, 512 or more */
export function describeBinary(head: Uint8Array): string | null {
  const text = String.fromCharCode(...head.subarray(0, 512));
  const found = SIGNATURES.find(([start, , at = 0]) => text.startsWith(start, at));
  return found?.[1] ?? null;
}

/** `utf-16le` or `utf-16be` where every other byte of the head is 0, as in Latin text; null elsewhere. */
export function guessUtf16(head: Uint8Array): 'utf-16le' | 'utf-16be' | null {
  const length = Math.min(head.length & ~1, 512);
  if (length < 4) return null;
  const zeros: [number, number] = [0, 0];
  for (let i = 0; i < length; i++) if (head[i] === 0) zeros[(i % 2) as 0 | 1]++;
  const most = 0.4 * length; // of one half
  if (zeros[1] > most && zeros[0] === 0) return 'utf-16le';
  return zeros[0] > most && zeros[1] === 0 ? 'utf-16be' : null;
}
