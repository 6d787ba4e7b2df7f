// Bytes: round trips of any text, half characters, what is no byte.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { byteTokenizer } from './byte-tokenizer.ts';

describe('byteTokenizer', () => {
  test('gives back any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (sample) => {
        expect(byteTokenizer.decode(byteTokenizer.encode(sample))).toBe(sample);
      }),
    );
    expect(byteTokenizer.decode(byteTokenizer.encode('\ufeffåß€🦊'))).toBe('\ufeffåß€🦊');
  });

  test('marks half a character, throws for what is no byte', () => {
    expect(byteTokenizer.decode([0x41, 0xe2, 0x82])).toBe('A\ufffd');
    expect(() => byteTokenizer.decode([65, 256])).toThrow(/expected tokens 0…255, got 256/);
  });

  test('decodes token by token as at once', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
        const decoder = byteTokenizer.streamDecoder();
        const parts = Array.from(bytes, (byte) => decoder.push(byte));
        expect(parts.join('') + decoder.end()).toBe(byteTokenizer.decode(bytes));
      }),
    );
    const decoder = byteTokenizer.streamDecoder();
    expect([0xe2, 0x82, 0xac, 0x41].map(decoder.push)).toEqual(['', '', '€', 'A']);
    expect(decoder.push(0xe2) + decoder.end()).toBe('\ufffd');
  });
});
