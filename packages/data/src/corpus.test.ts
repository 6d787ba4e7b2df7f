// Split and corpus: what is held out, how it is chosen, and errors.

import { ArgumentError } from '@vulpes/tensor-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createCorpus } from './corpus.ts';
import { splitTokens } from './split.ts';
import { memoryTokens, selectTokens, type TokenRange, type TokenSource } from './token-source.ts';
import { byteTokenizer } from './tokenizer/byte-tokenizer.ts';

const text = (name: string, content: string) => ({ name, bytes: byteTokenizer.encode(content) });
const readAll = async (source: TokenSource) => [...(await source.read(0, source.length))];
const total = (ranges: readonly TokenRange[]) =>
  ranges.reduce((sum, { length }) => sum + length, 0);

describe('createCorpus', () => {
  test('joins in order with a blank line between; nothing is lost or on both sides', async () => {
    const texts = [text('a', 'x'.repeat(900)), text('b', 'y'.repeat(900)), text('none', '')];
    const { train, heldOut } = await createCorpus(texts, { contextLength: 16 });
    expect(heldOut.length).toBe(8 * 17); // two per cent would be 36 tokens
    const all = byteTokenizer.decode([...(await readAll(train)), ...(await readAll(heldOut))]);
    const joined = `${'x'.repeat(900)}\n\n${'y'.repeat(900)}`;
    expect([...all].sort()).toEqual([...joined].sort());
    expect((await readAll(train)).length).toBe(train.length);
  });

  test('keeps the hash of the same text and changes it with one byte', async () => {
    const options = { contextLength: 4 };
    const first = await createCorpus([text('a', 'the quick brown fox')], options);
    const again = await createCorpus([text('renamed', 'the quick brown fox')], options);
    const other = await createCorpus([text('a', 'the quick brown fix')], options);
    expect(again.hash).toBe(first.hash);
    expect(other.hash).not.toBe(first.hash);
  });

  test('always leaves a context with its label on both sides, or throws', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 60 }),
        async (length, contextLength) => {
          const made = createCorpus([text('a', 'z'.repeat(length))], { contextLength });
          if (length < 2 * (contextLength + 1)) {
            await expect(made).rejects.toThrow(/corpus: expected at least/);
            return;
          }
          const { train, heldOut } = await made;
          expect(Math.min(train.length, heldOut.length)).toBeGreaterThan(contextLength);
          expect(train.length + heldOut.length).toBe(length);
        },
      ),
    );
  });

  test('an error names what is missing', async () => {
    await expect(createCorpus([], { contextLength: 4 })).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: corpus: expected some text, got none. Name a file with text in it.]`,
    );
    await expect(createCorpus([text('empty.txt', '')], { contextLength: 4 })).rejects.toThrow(
      'got only empty text in empty.txt',
    );
    await expect(
      createCorpus([text('a', 'short')], { contextLength: 64 }),
    ).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: corpus: expected at least 130 tokens (one context of 64 to train on, one held out, each with its label), got 5. Use more text or a shorter context.]`,
    );
  });
});

describe('splitTokens', () => {
  const tokens = Uint16Array.from({ length: 50_000 }, (_, i) => i);
  const set = { source: memoryTokens(tokens), documents: 0 };

  test('stretches come from all over the text, of whole sequences, and depend on the seed alone', async () => {
    const options = { contextLength: 20 };
    const { train, heldOut } = await splitTokens(set, options);
    expect(heldOut).toHaveLength(32);
    for (const [i, { offset, length }] of heldOut.entries()) {
      expect(length % 21).toBe(0);
      expect(Math.floor((offset * 32) / 50_000)).toBe(i);
      expect(Math.floor(((offset + length - 1) * 32) / 50_000)).toBe(i);
    }
    expect(total(train) + total(heldOut)).toBe(50_000);
    expect(await splitTokens(set, options)).toEqual({ train, heldOut });
    const other = await splitTokens(set, { ...options, splitSeed: 1 });
    expect(other.heldOut).not.toEqual(heldOut);
  });

  test('documents are held out whole where many of them make the share', async () => {
    const starts = Array.from({ length: 2500 }, (_, i) => 20 * i);
    const source = memoryTokens(tokens, starts);
    const { heldOut } = await splitTokens({ source, documents: 2500 }, { contextLength: 20 });
    expect(heldOut).toHaveLength(50);
    expect(heldOut.every(({ offset, length }) => offset % 20 === 0 && length === 20)).toBe(true);
  });

  test('a few documents, or ones longer than all that is held out, give stretches', async () => {
    for (const starts of [[0, 100], Array.from({ length: 900 }, (_, i) => i)]) {
      const set = { source: memoryTokens(tokens, starts), documents: starts.length };
      const { heldOut } = await splitTokens(set, { contextLength: 20 });
      expect(heldOut.length).toBeGreaterThan(16);
      expect(heldOut.every(({ length }) => length % 21 === 0 || length < 20)).toBe(true);
    }
  });
});

describe('selectTokens', () => {
  const source = memoryTokens(
    Uint8Array.from({ length: 30 }, (_, i) => i),
    [0, 5, 12, 20],
  );
  const ranges = [
    { offset: 3, length: 4 },
    { offset: 12, length: 2 },
    { offset: 25, length: 5 },
  ];
  const selected = selectTokens(source, ranges);
  const values = [3, 4, 5, 6, 12, 13, 25, 26, 27, 28, 29];
  const starts = [0, 2, 4, 6];

  test('reads any stretch of the parts, and where documents begin in it', async () => {
    expect(selected.length).toBe(11);
    for (let offset = 0; offset <= 11; offset++)
      for (let count = 0; count <= 11 - offset; count++) {
        const end = offset + count;
        expect([...(await selected.read(offset, count))]).toEqual(values.slice(offset, end));
        const within = starts.filter((at) => at >= offset && at < end).map((at) => at - offset);
        expect([...(await selected.documentStarts(offset, count))]).toEqual(within);
      }
  });

  test('refuses what is outside', async () => {
    await expect(selected.read(8, 4)).rejects.toThrow(ArgumentError);
    await expect(source.read(-1, 4)).rejects.toThrow(
      'tokens: expected a range within 0…30, got 4 tokens from -1.',
    );
  });
});
