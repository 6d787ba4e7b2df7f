// Text, JSON lines and Parquet to documents; every encoding and every mistake.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeText, type TextNote } from './decode-text.ts';
import { jsonlPieces } from './jsonl.ts';
import { parquetPieces } from './parquet.ts';
import { bytePieces, type Piece, textPieces } from './pieces.ts';
import { checkUtf8 } from './utf8.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}
async function* textsOf(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}
async function collect<T>(all: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of all) list.push(one);
  return list;
}
const utf8 = (text: string) => new TextEncoder().encode(text);
const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

async function decode(bytes: Uint8Array, encoding = 'auto', size = 7) {
  const notes = new Set<TextNote>();
  const onNote = (note: TextNote) => void notes.add(note);
  const options = { name: 'book.txt', encoding, onNote };
  const text = (await collect(decodeText(chunksOf(bytes, size), options))).join('');
  return { text, notes: [...notes] };
}

describe('checkUtf8', () => {
  const strict = new TextDecoder('utf-8', { fatal: true });
  const isValid = (bytes: Uint8Array) => {
    try {
      strict.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };

  test('agrees with TextDecoder on any bytes', () => {
    const byte = fc.oneof(
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f),
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 8 }), (values) => {
        const bytes = Uint8Array.from(values);
        const { invalidAt, wholeLength } = checkUtf8(bytes);
        expect(invalidAt === null && wholeLength === bytes.length).toBe(isValid(bytes));
        expect(isValid(bytes.subarray(0, wholeLength))).toBe(true);
      }),
      { seed: 42, numRuns: 5000 },
    );
  });
});

describe('text files', () => {
  test('UTF-8 in chunks of any size is the same text', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 40 }),
        fc.integer({ min: 1, max: 9 }),
        async (sample, size) => {
          const text = sample.replace(/\0|\p{Cs}|^\ufeff/gu, '');
          const decoded = await decode(utf8(text), 'auto', size);
          expect(decoded.text).toBe(text.replaceAll('\r\n', '\n'));
        },
      ),
      { seed: 42, numRuns: 300 },
    );
  });

  test('a byte order mark goes, CRLF becomes LF, UTF-16 is read where it is marked', async () => {
    expect(await decode(utf8('\ufeffa\r\nb\rc\r\n'))).toEqual({
      text: 'a\nb\rc\n',
      notes: ['byte order mark', 'CRLF'],
    });
    for (const order of ['le', 'be']) {
      const bytes = new Uint8Array(Buffer.from('\ufeffA fox 🦊', 'utf16le'));
      if (order === 'be') Buffer.from(bytes.buffer).swap16();
      const { text, notes } = await decode(bytes, 'auto', 3);
      expect(text).toBe('A fox 🦊');
      expect(notes).toEqual(['byte order mark', 'UTF-16']);
    }
    expect((await decode(latin1('caf\xe9'), 'windows-1252')).text).toBe('café');
    expect(await decode(new Uint8Array())).toEqual({ text: '', notes: [] });
  });

  test.each<[string, Uint8Array, RegExp]>([
    [
      'Latin-1',
      latin1(`${'a'.repeat(1500)}caf\xe9 cr\xe8me`),
      /^book\.txt: expected UTF-8 text, got other bytes, first at offset 1,503 \(0xe9\)\. It seems to be text in another encoding: give it, as --encoding windows-1252, or convert the file \(iconv -t UTF-8\)\. To take the bytes as they are: --encoding bytes, with the byte tokenizer\.$/,
    ],
    ['NUL', utf8('ab\0cd'), /first at offset 2 \(a NUL byte\)\. It seems to be binary data\./],
    [
      'UTF-16 without a mark',
      new Uint8Array(Buffer.from('A fox and a dog', 'utf16le')),
      /first at offset 1 \(a NUL byte\)\. It seems to be UTF-16 without a byte order mark: give --encoding utf-16le\./,
    ],
    ['a cut character', utf8('ab €').slice(0, -1), /first at offset 3 \(0xe2\)/],
    [
      'a PDF',
      latin1('%PDF-1.7\n\xe2\xe3\xcf\xd3\n'),
      /offset 9 .* It seems to be a PDF; take the text out/,
    ],
    ['a ZIP', latin1('PK\x03\x04\x14\0'), /It seems to be a ZIP archive/],
    [
      'random',
      Uint8Array.from({ length: 3000 }, (_, i) => (i * 97) % 256),
      /offset 0 .a NUL byte.*binary data/,
    ],
  ])('%s is refused with what to do', async (_name, bytes, message) => {
    for (const size of [1, 7, 5000])
      await expect(decode(bytes, 'auto', size)).rejects.toThrow(message);
  });

  test('an encoding that does not fit, or does not exist, is refused', async () => {
    await expect(decode(latin1('\xd8\x00\x00A'), 'utf-16be')).rejects.toThrow(
      'book.txt: expected utf-16be text, got bytes that are not, from offset 0 on.',
    );
    await expect(decode(utf8('text'), 'utf-9')).rejects.toThrow(
      'encoding: expected auto, bytes, or the name of an encoding (utf-8, utf-16le, windows-1252, shift_jis, …), got "utf-9".',
    );
  });
});

describe('pieces', () => {
  test('a long document is cut before a space between letters, nowhere else', async () => {
    const text = 'one two, three four five-six 777 eight '.repeat(400);
    const pieces = await collect(textPieces(textsOf(text, 999), { name: 'a', pieceLength: 5000 }));
    expect(pieces.map(({ content }) => content).join('')).toBe(text);
    expect(pieces.map(({ isStart }) => isStart)).toEqual([true, false, false, false]);
    for (const { content } of pieces.slice(1)) expect(content).toMatch(/^ \p{L}/u);
    expect(await collect(textPieces(textsOf('', 1), { name: 'a' }))).toEqual([]);
  });

  test('without such a space it is cut between characters', async () => {
    const text = '🦊'.repeat(5000);
    const pieces = await collect(textPieces(textsOf(text, 100), { name: 'a', pieceLength: 4999 }));
    expect(pieces.map(({ content }) => content).join('')).toBe(text);
    for (const { content } of pieces) expect(content).not.toMatch(/\p{Cs}/u);
    expect(pieces[0]?.content).toHaveLength(4998);
  });

  test('bytes stay as they are', async () => {
    const bytes = Uint8Array.from({ length: 20 }, (_, i) => i);
    const pieces = await collect(bytePieces(chunksOf(bytes, 8), 'a'));
    expect(pieces.flatMap(({ content }) => [...(content as Uint8Array)])).toEqual([...bytes]);
    expect(pieces.map(({ isStart }) => isStart)).toEqual([true, false, false]);
  });
});

const contents = (pieces: readonly Piece[]) => pieces.map(({ content }) => content);

describe('JSON lines', () => {
  const read = async (text: string, field = 'text', size = 5) =>
    contents(await collect(jsonlPieces(textsOf(text, size), { name: 'a.jsonl', field })));

  test('each line is a document, blank lines and empty texts are none', async () => {
    const lines = '{"text": "one\\ntwo"}\n\n{"text": ""}\n{"id": 7, "text": "three"}';
    expect(await read(lines)).toEqual(['one\ntwo', 'three']);
    expect(await read('{"body": "b"}\n', 'body')).toEqual(['b']);
    expect(await read('')).toEqual([]);
  });

  test.each([
    [
      '{"text": "a"}\n{"text": b}',
      /^a\.jsonl, line 2: expected a JSON object, got text that is none/,
    ],
    ['[1]', 'a.jsonl, line 1: expected a JSON object with a text in field "text", got [1].'],
    [
      '{"body": "b", "title": "t", "n": 1}',
      'line 1: expected a text in field "text", got none. Text is in "body", "title": name it with --field.',
    ],
    ['{"text": 5}', 'expected a text in field "text", got 5. No field of it is text.'],
  ])('%s', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});

describe('Parquet', () => {
  // By hyparquet-writer 0.17.0: columns title and text (STRING) and year (INT32), four rows in two groups, Snappy; texts "The first fox. " × 20, "", "Füchse, 狐狸 🦊.", null.
  const bytes = Uint8Array.from(
    Buffer.from(
      'UEFSMRUGFRgVHFwVBBUAFQQVABUEFQAAAAMDCiQBAAAAYQEAAABiFQYV7AQVWFwVBBUAFQQVABUEFQAAAAMDtAJILAEAAFRoZSBmaXJzdCBmb3guIP4PAP4PAP4PAP4PAHIPAAwAAAAAFQYVFBUYXBUEFQAVBBUAFQQVAAAAAwMIHAEAAAACAAAAFQYVDhUSXBUEFQIVBBUAFQQVAAAAAwEFEAEAAABjFQYVNhU6XBUEFQIVBBUAFQQVAAAAAwEZYBUAAABGw7xjaHNlLCDni5Dni7gg8J+mii4VBhUUFRhcFQQVABUEFQAVBBUAAAADAwgcAwAAAAQAAAAVBBlMSARyb290FQYAFQwlAhgFdGl0bGUlAAAVDCUCGAR0ZXh0JQAAFQIlAhgEeWVhcgAWCBksGTwmCBwVDBkVABkYBXRpdGxlFQIWBBZCFkYmCDw2ACgBYhgBYQAZHBUGFQAVAgAAACZOHBUMGRUAGRgEdGV4dBUCFgQWmAUWhAEmTjw2ACgQVGhlIGZpcnN0IGZveC4gVRgAEgAZHBUGFQAVAgAAACbSARwVAhkVABkYBHllYXIVAhYEFj4WQibSATw2ACgEAgAAABgEAQAAAAAZHBUGFQAVAgAAABaYBhYENowCABk8JpQCHBUMGRUAGRgFdGl0bGUVAhYEFjgWPCaUAjw2AigBYxgBYwAZHBUGFQAVAgAAACbQAhwVDBkVABkYBHRleHQVAhYEFmAWZCbQAjw2AigQRsO8Y2hzZSwg54uQ54u4IRgQRsO8Y2hzZSwg54uQ54u4IBISABkcFQYVABUCAAAAJrQDHBUCGRUAGRgEeWVhchUCFgQWPhZCJrQDPDYAKAQEAAAAGAQDAAAAABkcFQYVABUCAAAAFtYBFgQ24gEAKAloeXBhcnF1ZXQZPBwAABwAABwAAAC/AQAAUEFSMQ==',
      'base64',
    ),
  );
  const file = (content = bytes) => ({
    byteLength: content.length,
    slice: async (start: number, end?: number) => content.slice(start, end).buffer,
  });

  test('each row is a document; rows without a text are none', async () => {
    const rows: number[][] = [];
    const onRows = (...counts: number[]) => void rows.push(counts);
    const pieces = await collect(parquetPieces(file(), { name: 'a', field: 'text', onRows }));
    expect(contents(pieces)).toEqual(['The first fox. '.repeat(20), 'Füchse, 狐狸 🦊.']);
    expect(rows).toEqual([[4, 4]]);
  });

  test('another column, a cut file, no Parquet', async () => {
    const read = (field: string, content?: Uint8Array<ArrayBuffer>) =>
      collect(parquetPieces(file(content), { name: 'a.parquet', field }));
    await expect(read('body')).rejects.toThrow(
      'a.parquet: expected a column "body" of text, got none. Text is in "title", "text": name it with --field.',
    );
    await expect(read('year')).rejects.toThrow(
      'expected a column "year" of text, got one of INT32.',
    );
    await expect(read('text', bytes.slice(0, 400))).rejects.toThrow(
      /^a\.parquet: expected a Parquet file, got one that cannot be read/,
    );
    const damaged = bytes.slice();
    damaged.fill(0x55, 60, 130);
    await expect(read('text', damaged)).rejects.toThrow(/cannot be read/);
  });
});
