// Bytes of a text file to text: what is UTF-8 or says what it is, is decoded; what is not, is refused with what to do.

import { ArgumentError } from '@vulpes/tensor-core';
import { describeBinary, guessUtf16 } from './sniff.ts';
import { checkUtf8 } from './utf8.ts';

export interface DecodeOptions {
  /** The file, for messages. */
  readonly name: string;
  /** `auto`: UTF-8, or UTF-16 with a byte order mark. Else the label of an encoding, as `TextDecoder` knows them. */
  readonly encoding: string;
  /** Told what was changed: `UTF-16`, `byte order mark`, `CRLF`. */
  readonly onNote?: (note: TextNote) => void;
}

export type TextNote = 'UTF-16' | 'byte order mark' | 'CRLF';

/** Line ends CRLF become LF, a byte order mark goes. @throws ArgumentError naming the file, the first bad byte and what to do */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  { name, encoding, onNote = () => {} }: DecodeOptions,
): AsyncGenerator<string> {
  let decode: ChunkDecoder | null = null;
  const lines = lineEnds(onNote);
  for await (const chunk of withHead(chunks)) {
    decode ??= chooseDecoder(chunk, { name, encoding, onNote });
    yield lines(decode(chunk), false);
  }
  yield lines(decode?.(null) ?? '', true);
}

/** @param chunk - null at the end */
type ChunkDecoder = (chunk: Uint8Array | null) => string;

const HEAD_BYTES = 1024;

/** The same bytes, the first chunk long enough to tell what they are. */
async function* withHead(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let head: Uint8Array | null = new Uint8Array();
  for await (const chunk of chunks) {
    if (head === null) {
      yield chunk;
      continue;
    }
    head = joinBytes(head, chunk);
    if (head.length < HEAD_BYTES) continue;
    yield head;
    head = null;
  }
  if (head && head.length > 0) yield head;
}

function chooseDecoder(
  head: Uint8Array,
  { name, encoding, onNote = () => {} }: DecodeOptions,
): ChunkDecoder {
  const mark = byteOrderMark(head);
  if (mark) onNote('byte order mark');
  if (encoding === 'utf-8') return utf8Decoder(name, head);
  if (encoding !== 'auto') return labelledDecoder(name, encoding);
  if (mark === 'utf-16le' || mark === 'utf-16be') {
    onNote('UTF-16');
    return labelledDecoder(name, mark);
  }
  return utf8Decoder(name, head);
}

function byteOrderMark([a, b, c]: Uint8Array): string | null {
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return a === 0xef && b === 0xbb && c === 0xbf ? 'utf-8' : null;
}

function labelledDecoder(name: string, label: string): ChunkDecoder {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(label, { fatal: true });
  } catch {
    throw new ArgumentError(
      `encoding: expected auto, bytes, or the name of an encoding (utf-8, utf-16le, windows-1252, shift_jis, …), got "${label}".`,
    );
  }
  let offset = 0;
  return (chunk) => {
    try {
      const text = decoder.decode(chunk ?? undefined, { stream: chunk !== null });
      offset += chunk?.length ?? 0;
      return text;
    } catch {
      throw new ArgumentError(
        `${name}: expected ${label} text, got bytes that are not, from offset ${offset.toLocaleString('en-US')} on. Name the encoding that it has.`,
      );
    }
  };
}

/** Checked by hand, since a decoder does not say where it fails. */
function utf8Decoder(name: string, head: Uint8Array): ChunkDecoder {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = new Uint8Array();
  let offset = 0; // of `rest` in the file
  return (chunk) => {
    const bytes = chunk ? joinBytes(rest, chunk) : rest;
    const { invalidAt, wholeLength } = checkUtf8(bytes);
    const isCut = chunk === null && wholeLength < bytes.length;
    const nul = bytes.indexOf(0);
    const bad = [invalidAt ?? (isCut ? wholeLength : -1), nul].filter((at) => at >= 0);
    if (bad.length > 0) throw notText(name, { head, bytes, offset, at: Math.min(...bad) });
    rest = bytes.slice(wholeLength);
    const from = offset === 0 && byteOrderMark(bytes) === 'utf-8' ? 3 : 0;
    offset += wholeLength;
    return decoder.decode(bytes.subarray(from, wholeLength));
  };
}

interface BadByte {
  readonly head: Uint8Array;
  readonly bytes: Uint8Array;
  /** Of `bytes` in the file. */
  readonly offset: number;
  /** Of the bad byte in `bytes`. */
  readonly at: number;
}

function notText(name: string, { head, bytes, offset, at }: BadByte): ArgumentError {
  const value = bytes[at] as number;
  const found = value === 0 ? 'a NUL byte' : `0x${value.toString(16)}`;
  const where = `first at offset ${(offset + at).toLocaleString('en-US')} (${found})`;
  return new ArgumentError(
    `${name}: expected UTF-8 text, got other bytes, ${where}. ${explain(head, bytes)} To take the bytes as they are: --encoding bytes, with the byte tokenizer.`,
  );
}

function explain(head: Uint8Array, bytes: Uint8Array): string {
  const binary = describeBinary(head);
  if (binary) return `It seems to be ${binary}.`;
  const utf16 = guessUtf16(head);
  if (utf16) return `It seems to be UTF-16 without a byte order mark: give --encoding ${utf16}.`;
  const controls = bytes.reduce(
    (count, byte) => count + Number(byte < 9 || (byte > 13 && byte < 32)),
    0,
  );
  if (controls > 0) return 'It seems to be binary data.';
  return 'It seems to be text in another encoding: give it, as --encoding windows-1252, or convert the file (iconv -t UTF-8).';
}

/** CRLF becomes LF, also where a chunk ends between the two. */
function lineEnds(onNote: (note: TextNote) => void): (text: string, isLast: boolean) => string {
  let held = '';
  return (text, isLast) => {
    const whole = held + text;
    held = !isLast && whole.endsWith('\r') ? '\r' : '';
    const ready = whole.slice(0, whole.length - held.length);
    if (!ready.includes('\r\n')) return ready;
    onNote('CRLF');
    return ready.replaceAll('\r\n', '\n');
  };
}

function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
