// Trained BPE, files of other makers, and files that are none.

import { ArgumentError } from '@vulpes/tensor-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readTokenizer } from './read-tokenizer.ts';
import { BpeTrainer } from './train-bpe.ts';

const train = (text: string, vocabSize: number): string => {
  const trainer = new BpeTrainer();
  trainer.add(text);
  return trainer.train(vocabSize);
};
const mergesOf = (json: string): string[] => JSON.parse(json).model.merges;

describe('a BPE trained on the text', () => {
  test('merges the most frequent pair first; of equals the one with the lower ids', () => {
    // Pairs of "hug" ×10, "pug" ×5, "pun" ×12, "bun" ×4, "hugs" ×5, each alone on a line.
    const words = { hug: 10, pug: 5, pun: 12, bun: 4, hugs: 5 };
    const text = Object.entries(words)
      .flatMap(([word, count]) => Array.from({ length: count }, () => word))
      .join('\n');
    expect(mergesOf(train(text, 257 + 3))).toEqual(['u g', 'u n', 'h ug']);
    expect(mergesOf(train('ab ab cd cd', 257 + 2))).toEqual(['a b', 'c d']);
  });

  test('ends early where no pair occurs twice, and reads its own file', async () => {
    const json = train('the cat the cat the', 1000);
    const tokenizer = await readTokenizer(json);
    expect(tokenizer.vocabSize).toBeLessThan(270);
    expect(tokenizer.endOfText).toBe(tokenizer.vocabSize - 1);
    expect(tokenizer.json).toBe(json);
    expect(tokenizer.encode('the cat the')).toHaveLength(3);
    expect(tokenizer.name).toMatch(/^tokenizer\.json [0-9a-f]{16}$/);
  });

  test('gives back any text', async () => {
    const tokenizer = await readTokenizer(train('foxes forget, 狐狸忘记 🦊🦊 '.repeat(20), 300));
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (sample) => {
        const text = sample.replace(/\p{Cs}/gu, '');
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
    );
  });

  test('is that of counting anew for each merge', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), maxLength: 40 });
    fc.assert(
      fc.property(letters, (text) => {
        expect(mergesOf(train(text, 264))).toEqual(naiveMerges(text, 7));
      }),
      { seed: 42, numRuns: 300 },
    );
  });

  test('refuses a vocabulary that cannot be', () => {
    expect(() => train('text', 100)).toThrow('BPE: expected a vocabulary of 257');
    expect(() => train('text', 2 ** 21)).toThrow(ArgumentError);
  });
});

/** Merges by counting every pair of every word again; letters and the space are the only signs. */
function naiveMerges(text: string, most: number): string[] {
  let words = (text.match(/ ?[abc]+| +(?![abc])| +/g) ?? []).map((word) =>
    Array.from(word.replaceAll(' ', 'Ġ')),
  );
  const order = ['a', 'b', 'c', 'Ġ'];
  const merges: string[] = [];
  while (merges.length < most) {
    const counts = new Map<string, number>();
    for (const word of words)
      for (let i = 1; i < word.length; i++) {
        const pair = `${word[i - 1]} ${word[i]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
      }
    const rank = (pair: string) => pair.split(' ').map((token) => order.indexOf(token));
    const [best] = [...counts].sort(([a, n], [b, m]) => {
      const [[a0 = 0, a1 = 0], [b0 = 0, b1 = 0]] = [rank(a), rank(b)];
      return m - n || a0 - b0 || a1 - b1;
    });
    if (!best || best[1] < 2) break;
    const [left, right] = best[0].split(' ') as [string, string];
    words = words.map((word) => {
      const merged: string[] = [];
      for (let i = 0; i < word.length; i++) {
        const isPair = word[i] === left && word[i + 1] === right;
        merged.push(isPair ? left + right : (word[i] as string));
        if (isPair) i++;
      }
      return merged;
    });
    order.push(left + right);
    merges.push(best[0]);
  }
  return merges;
}

describe('a tokenizer.json of another kind', () => {
  // The shape of SentencePiece models such as Llama 2: a space is ▁, unknown signs are bytes.
  const pieces = [
    '<unk>',
    '<s>',
    '</s>',
    '<0xF0>',
    '<0x9F>',
    '<0xA6>',
    '<0x8A>',
    '▁',
    'f',
    'o',
    'x',
    '▁f',
    'ox',
    '▁fox',
    '.',
    ',',
  ];
  const sentencePiece = JSON.stringify({
    added_tokens: [0, 1, 2].map((id) => ({
      id,
      content: pieces[id],
      special: true,
      normalized: false,
    })),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    post_processor: {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
    },
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      unk_token: '<unk>',
      byte_fallback: true,
      vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])),
      merges: ['▁ f', 'o x', '▁f ox'],
    },
  });

  test('is read by the library: no token around the text, no space lost', async () => {
    const tokenizer = await readTokenizer(sentencePiece, { what: 'llama.json', name: 'llama' });
    expect([tokenizer.vocabSize, tokenizer.endOfText]).toEqual([16, 2]);
    const ids = [...tokenizer.encode('fox , fox 🦊.')];
    expect(ids.map((id) => pieces[id])).toEqual([
      '▁fox',
      '▁',
      ',',
      '▁fox',
      '▁',
      '<0xF0>',
      '<0x9F>',
      '<0xA6>',
      '<0x8A>',
      '.',
    ]);
    expect(tokenizer.decode(ids)).toBe('fox , fox 🦊.');
    expect(tokenizer.decode([])).toBe('');
    const decoder = tokenizer.streamDecoder();
    const parts = ids.map(decoder.push);
    expect(parts).toEqual(['fox', ' ', ',', ' fox', ' ', '', '', '', '🦊', '.']);
    expect(decoder.end()).toBe('');
  });

  test.each([
    ['no JSON', 'x.json: expected JSON, got other text.'],
    [
      '{"fox": 1}',
      'x.json: expected a Hugging Face tokenizer.json, got one whose field "model" is missing. Name the tokenizer.json of a model (not its vocab.json',
    ],
    [
      '{"model": {"vocab": {"a": -1}}}',
      'got one whose field "model.vocab" has another kind of value',
    ],
    [
      '{"model": {"type": "Odd", "vocab": {}}}',
      'got one whose field "model.type" has another kind of value',
    ],
    [
      '{"model": {"type": "BPE", "vocab": {}, "merges": []}, "decoder": {"type": "Odd"}}',
      'got one that it does not (Unknown Decoder type: Odd',
    ],
  ])('%s: says so', async (json, message) => {
    await expect(readTokenizer(json, { what: 'x.json' })).rejects.toThrow(message);
  });

  test('a merge of what is no token names it', async () => {
    const json = JSON.parse(train('the cat the cat', 260));
    json.model.merges.push('Q X');
    await expect(readTokenizer(JSON.stringify(json))).rejects.toThrow(
      'expected tokens in the vocabulary for the merge "Q X", got none for "QX". The file is damaged.',
    );
  });
});
