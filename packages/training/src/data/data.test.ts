// Tokenizer, split and batches: round trips, shifted labels, counters that survive a restart, errors.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BatchSampler, batchAt, heldOutBatches } from './batches.ts';
import { createCorpus } from './corpus.ts';
import { byteTokenizer } from './tokenizer.ts';

const text = (name: string, content: string) => ({ name, bytes: byteTokenizer.encode(content) });
const countingTokens = Uint8Array.from({ length: 4000 }, (_, i) => i % 251);

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
});

describe('createCorpus', () => {
  test('joins in order, holds out the end, loses nothing', async () => {
    const corpus = await createCorpus([text('a', 'x'.repeat(900)), text('b', 'y'.repeat(900))], {
      contextLength: 16,
    });
    const joined = Buffer.concat([corpus.train, corpus.heldOut]).toString();
    expect(joined).toBe(`${'x'.repeat(900)}\n\n${'y'.repeat(900)}`);
    expect(corpus.heldOut.length).toBe(8 * 17); // two per cent would be 36 tokens
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

describe('batches', () => {
  test('labels are inputs shifted by one', () => {
    const batch = batchAt(countingTokens, [7, 100], 5);
    expect([...batch.inputs]).toEqual([7, 8, 9, 10, 11, 100, 101, 102, 103, 104]);
    expect([...batch.labels]).toEqual([8, 9, 10, 11, 12, 101, 102, 103, 104, 105]);
    expect(batch.shape).toEqual([2, 5]);
  });

  test('the sampler continues where it was stopped, whatever the batch size was', () => {
    const options = { tokens: countingTokens, length: 16, seed: 42 };
    const whole = new BatchSampler(options).next(12).inputs;
    const first = new BatchSampler(options);
    first.next(3);
    first.next(4);
    const resumed = new BatchSampler({ ...options, position: first.position });
    expect([...resumed.next(5).inputs]).toEqual([...whole.subarray(7 * 16)]);
    expect(resumed.position).toBe(12);
  });

  test('offsets reach both ends of the text and stay inside', () => {
    const tokens = Uint8Array.from({ length: 20 }, (_, i) => i);
    const sampler = new BatchSampler({ tokens, length: 16, seed: 1 });
    const firsts = new Set<number>();
    for (let draw = 0; draw < 100; draw++) {
      const { inputs, labels } = sampler.next(1);
      firsts.add(inputs[0] as number);
      expect(labels[15]).toBe((inputs[0] as number) + 16); // undefined bytes would show as 0
    }
    expect([...firsts].sort()).toEqual([0, 1, 2, 3]);
  });

  test('other seeds draw other offsets', () => {
    const draw = (seed: number) =>
      new BatchSampler({ tokens: countingTokens, length: 16, seed }).next(4).inputs;
    expect([...draw(1)]).not.toEqual([...draw(2)]);
  });

  test('held-out batches are fixed, spread out, and never overlap', () => {
    const options = { length: 100, sequences: 8, batchSize: 3 };
    const batches = heldOutBatches(countingTokens, options);
    expect(batches.map((batch) => batch.shape)).toEqual([
      [3, 100],
      [3, 100],
      [2, 100],
    ]);
    expect(heldOutBatches(countingTokens, options)).toEqual(batches);
    const few = heldOutBatches(countingTokens.subarray(0, 250), options);
    expect(few.map((batch) => batch.shape)).toEqual([[2, 100]]);
  });
});
