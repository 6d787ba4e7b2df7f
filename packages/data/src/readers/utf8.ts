// Where bytes stop being UTF-8.

export interface Utf8Check {
  /** First byte that is no UTF-8; null where all is. */
  readonly invalidAt: number | null;
  /** Bytes up to the last whole character: a character that the end cuts off is not in it. */
  readonly wholeLength: number;
}

/** As the Unicode standard has it: no overlong forms, no surrogates, nothing above U+10FFFF. */
export function checkUtf8(bytes: Uint8Array): Utf8Check {
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    if (length === 0) return { invalidAt: at, wholeLength: at };
    if (at + length > bytes.length) return { invalidAt: null, wholeLength: at };
    at += length;
  }
  return { invalidAt: null, wholeLength: at };
}

/** Bytes of the character that begins at `at`, which the end may cut off; 0 where none does. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  const [low, high] = secondRange(first);
  for (let i = 1; i < length && at + i < bytes.length; i++) {
    const byte = bytes[at + i] as number;
    if (byte < (i === 1 ? low : 0x80) || byte > (i === 1 ? high : 0xbf)) return 0;
  }
  return length;
}

/** What the second byte may be. */
function secondRange(first: number): readonly [number, number] {
  if (first === 0xe0) return [0xa0, 0xbf];
  if (first === 0xed) return [0x80, 0x9f];
  if (first === 0xf0) return [0x90, 0xbf];
  if (first === 0xf4) return [0x80, 0x8f];
  return [0x80, 0xbf];
}
