// Shards: written, read by window, damaged, killed half-way; corpora of every kind; Zarr.

import { readFileSync } from 'node:fs';
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { createCorpus } from '../corpus.ts';
import type { TokenSource } from '../token-source.ts';
import { byteTokenizer } from '../tokenizer/byte-tokenizer.ts';
import { loadCorpus } from './load-corpus.ts';
import { openShards } from './open-shards.ts';
import { prepareShards } from './prepare.ts';
import { writeShards } from './write-shards.ts';

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vulpes-shards-'));
});
const made: string[] = [];
beforeEach(() => void made.push(folder));
afterAll(async () => {
  for (const one of made) await rm(one, { recursive: true, force: true });
});

const sentence = 'The quick brown fox jumps over the lazy dog, and the dog sleeps on. ';
const readAll = (source: TokenSource) => source.read(0, source.length);
const split = { contextLength: 16 };

/** Documents of 1 … 40 sentences as JSON lines. */
const jsonl = Array.from({ length: 60 }, (_, i) =>
  JSON.stringify({ text: `${i}. ${sentence.repeat(1 + ((i * 7) % 40))}` }),
).join('\n');

describe('prepare', () => {
  test('with bytes, shards hold what the same text has in memory', async () => {
    await writeFile(at('a.jsonl'), jsonl);
    const { manifest } = await prepareShards({
      paths: [at('a.jsonl')],
      out: at('out'),
      shardTokens: 5000,
    });
    expect(manifest).toMatchObject({ documents: 60, tokenBytes: 1, sources: [at('a.jsonl')] });
    expect(manifest.shards.length).toBeGreaterThan(5);
    const shards = await openShards(at('out'));
    const memory = await loadCorpus({ paths: [at('a.jsonl')] }, split);
    const { corpus } = await loadCorpus({ paths: [at('out')] }, split);
    expect(shards.documents).toBe(60);
    expect(await readAll(corpus.train)).toEqual(await readAll(memory.corpus.train));
    expect(await readAll(corpus.heldOut)).toEqual(await readAll(memory.corpus.heldOut));
    const { length } = corpus.train;
    const starts = await corpus.train.documentStarts(0, length);
    expect(starts).toEqual(await memory.corpus.train.documentStarts(0, length));
    expect(starts.length).toBeGreaterThan(40);
  });

  test('any window is that of the whole, across shards', async () => {
    await writeFile(at('a.jsonl'), jsonl);
    await prepareShards({ paths: [at('a.jsonl')], out: at('out'), shardTokens: 700 });
    const { source } = await openShards(at('out'));
    const whole = await readAll(source);
    const starts = [...(await source.documentStarts(0, source.length))];
    await fc.assert(
      fc.asyncProperty(fc.nat(source.length), fc.nat(2500), async (offset, wanted) => {
        const count = Math.min(wanted, source.length - offset);
        expect(await source.read(offset, count)).toEqual(whole.slice(offset, offset + count));
        const within = starts.filter((start) => start >= offset && start < offset + count);
        const expected = within.map((start) => start - offset);
        expect([...(await source.documentStarts(offset, count))]).toEqual(expected);
      }),
      { seed: 42, numRuns: 60 },
    );
  });

  test('with a tokenizer trained on the text, the folder stands alone', async () => {
    await writeFile(at('a.txt'), sentence.repeat(200));
    await writeFile(at('b.txt'), 'Foxes forget. '.repeat(300));
    const phases = new Set<string>();
    const { manifest } = await prepareShards({
      paths: [at('a.txt'), at('b.txt')],
      tokenizer: 'bpe:300',
      out: at('out'),
      onProgress: ({ phase, bytes, totalBytes }) => {
        phases.add(phase);
        expect(bytes).toBeLessThanOrEqual(totalBytes);
      },
    });
    expect([...phases]).toEqual(['training the tokenizer', 'writing tokens']);
    expect(manifest.tokenBytes).toBe(2);
    await rm(at('a.txt'));
    const { source, tokenizer, documents } = await openShards(at('out'));
    expect(documents).toBe(2);
    expect(tokenizer.decode(await readAll(source))).toBe(
      `${sentence.repeat(200)}<|endoftext|>${'Foxes forget. '.repeat(300)}`,
    );
    const [, second = 0] = await source.documentStarts(0, source.length);
    expect([...(await source.read(second - 1, 1))]).toEqual([tokenizer.endOfText]);
  });

  test('GPT-2 and a copy of its tokenizer.json give the same tokens', async () => {
    await writeFile(at('a.txt'), sentence.repeat(20));
    await prepareShards({ paths: [at('a.txt')], tokenizer: 'gpt2', out: at('gpt2') });
    const json = at('gpt2/tokenizer.json');
    await prepareShards({ paths: [at('a.txt')], tokenizer: json, out: at('again') });
    const [first, again] = [await openShards(at('gpt2')), await openShards(at('again'))];
    expect(await readAll(again.source)).toEqual(await readAll(first.source));
    expect(first.tokenizer.name).toBe('gpt2');
    await loadCorpus({ paths: [at('gpt2')], tokenizer: json }, { contextLength: 8 });
    await expect(
      loadCorpus({ paths: [at('gpt2')], tokenizer: 'bytes' }, { contextLength: 8 }),
    ).rejects.toThrow('expected its own tokenizer, gpt2, got bytes. Leave --tokenizer out.');
  });

  test('is there whole or not at all', async () => {
    await writeFile(at('a.jsonl'), `${jsonl}\n{"text": 5}`);
    const request = { paths: [at('a.jsonl')], out: at('out'), shardTokens: 700 };
    await expect(prepareShards(request)).rejects.toThrow('a.jsonl, line 61: expected a text');
    expect(await readdir(folder)).toEqual(['a.jsonl']);

    const stop = new AbortController();
    const onProgress = ({ tokens }: { tokens: number }) => {
      if (tokens > 2000) stop.abort(new Error('stopped'));
    };
    await expect(prepareShards({ ...request, onProgress, signal: stop.signal })).rejects.toThrow(
      'stopped',
    );
    expect(await readdir(folder)).toEqual(['a.jsonl']);

    // As a kill leaves it: begun anew.
    await mkdir(at('out.writing'));
    await writeFile(at('out.writing/left-over.bin'), 'rest');
    await expect(loadCorpus({ paths: [at('out.writing')] }, split)).rejects.toThrow(
      'out.writing: expected token shards, got a folder that prepare has not finished.',
    );
    await writeFile(at('a.jsonl'), jsonl);
    await writeFile(at('out.writing/process.txt'), `${process.pid}\n`);
    await expect(prepareShards(request)).rejects.toThrow(
      `out.writing is being written by process ${process.pid}; wait for it or stop it`,
    );
    await writeFile(at('out.writing/process.txt'), '999999999\n');
    await prepareShards(request);
    expect((await readdir(at('out'))).includes('left-over.bin')).toBe(false);
    await expect(prepareShards(request)).rejects.toThrow(/--out: .*out holds token shards already/);
    await writeFile(at('file'), '');
    await expect(prepareShards({ ...request, out: at('file') })).rejects.toThrow('is a file');
    await expect(prepareShards({ ...request, out: folder })).rejects.toThrow('is not empty');
  });

  test('no text is an error', async () => {
    await writeFile(at('empty.txt'), '');
    await expect(prepareShards({ paths: [at('empty.txt')], out: at('out') })).rejects.toThrow(
      /prepare: expected some text, got none in .*empty\.txt/,
    );
  });

  test('bytes as they are need the byte tokenizer', async () => {
    await writeFile(at('raw'), Uint8Array.of(0, 255, 1));
    const request = { paths: [at('raw')], encoding: 'bytes' };
    await prepareShards({ ...request, out: at('out') });
    expect([...(await readAll((await openShards(at('out'))).source))]).toEqual([0, 255, 1]);
    await expect(prepareShards({ ...request, tokenizer: 'gpt2', out: at('gpt2') })).rejects.toThrow(
      'expected the byte tokenizer for bytes as they are (--encoding bytes), got gpt2.',
    );
  });
});

describe('a damaged shard', () => {
  const prepare = async () => {
    await writeFile(at('a.jsonl'), jsonl);
    await prepareShards({ paths: [at('a.jsonl')], out: at('out'), shardTokens: 5000 });
  };

  test('is named when its first token is read, and never used', async () => {
    await prepare();
    const path = at('out/shard-00001.bin');
    const bytes = await readFile(path);
    bytes[100]! ^= 1;
    await writeFile(path, bytes);
    const { source } = await openShards(at('out'));
    expect((await source.read(0, 5000)).length).toBe(5000);
    for (let time = 0; time < 2; time++)
      await expect(source.read(4000, 2000)).rejects.toThrow(
        /shard-00001\.bin is damaged: expected SHA-256 [0-9a-f]{64}, as manifest\.json has it, got [0-9a-f]{64}\. Nothing of it was used\./,
      );
  });

  test('that is cut or missing is named at once; so is a damaged list of documents when it is read', async () => {
    await prepare();
    const starts = at('out/shard-00000.documents.bin');
    const bytes = await readFile(starts);
    bytes[4]! ^= 1;
    await writeFile(starts, bytes);
    const { source } = await openShards(at('out'));
    await expect(source.documentStarts(0, 100)).rejects.toThrow(/documents\.bin is damaged/);
    await truncate(at('out/shard-00001.bin'), 99);
    await expect(openShards(at('out'))).rejects.toThrow(
      /shard-00001\.bin is damaged: expected 5000 bytes, as manifest\.json has it, got 99\./,
    );
    await rename(at('out/shard-00001.bin'), at('gone'));
    await expect(openShards(at('out'))).rejects.toThrow(
      /cannot read .*shard-00001\.bin: there is no/,
    );
  });

  test.each<[string, (text: string) => string, string]>([
    [
      'another version',
      (text) => text.replace('tokens-1', 'tokens-9'),
      'whose field "format" does not fit. It is of another version',
    ],
    [
      'a path outside',
      (text) => text.replace('shard-00000.bin', '../x'),
      'whose field "shards.0.file" does not fit',
    ],
    [
      'other counts',
      (text) => text.replace('"tokens": 5000', '"tokens": 4000'),
      'tokens in all, got',
    ],
    ['no JSON', () => '{', 'expected JSON, got other text'],
  ])('a manifest with %s is refused', async (_name, change, message) => {
    await prepare();
    const path = at('out/manifest.json');
    await writeFile(path, change(readFileSync(path, 'utf8')));
    await expect(openShards(at('out'))).rejects.toThrow(message);
  });
});

describe('loadCorpus', () => {
  test('text files are the corpus that createCorpus makes of their bytes', async () => {
    const texts = [sentence.repeat(30), 'Geese fly. '.repeat(50)];
    for (const [i, text] of texts.entries()) await writeFile(at(`${i}.txt`), text);
    const { corpus, notes } = await loadCorpus({ paths: [at('0.txt'), at('1.txt')] }, split);
    const bytes = texts.map((text, i) => ({ name: `${i}`, bytes: byteTokenizer.encode(text) }));
    expect(corpus.hash).toBe((await createCorpus(bytes, split)).hash);
    expect(notes).toEqual([]);
  });

  test('another tokenizer, or another choice of what is held out, is another corpus', async () => {
    await writeFile(at('a.txt'), sentence.repeat(60));
    const load = (tokenizer: string, splitSeed = 0) =>
      loadCorpus({ paths: [at('a.txt')], tokenizer }, { ...split, splitSeed });
    const corpora = await Promise.all([
      load('bytes'),
      load('bytes', 1),
      load('gpt2'),
      load('bpe:280'),
    ]);
    expect(new Set(corpora.map(({ corpus }) => corpus.hash)).size).toBe(4);
    expect((await load('bpe:280')).corpus.hash).toBe(corpora[3]?.corpus.hash);
    await expect(load('gtp2')).rejects.toThrow(
      'tokenizer: expected bytes, gpt2, bpe:N (as bpe:4096), or the path of a tokenizer.json, got "gtp2", which is no file.',
    );
  });

  test('shards stand alone, and are not made of nothing', async () => {
    await writeFile(at('a.txt'), sentence.repeat(60));
    await prepareShards({ paths: [at('a.txt')], out: at('out') });
    await expect(loadCorpus({ paths: [at('out'), at('a.txt')] }, split)).rejects.toThrow(
      'expected one folder of token shards, got 2 paths. Name it alone.',
    );
    async function* nothing() {}
    await expect(
      writeShards(at('none'), nothing(), { tokenizer: byteTokenizer, sources: ['x'] }),
    ).rejects.toThrow('expected some text, got none in x');
  });
});

describe('Zarr', () => {
  const rows = 12;
  const length = 64;
  const token = (row: number, i: number) => (row * 997 + i) % 50257;
  /** Version 2, as LongCrawl64 is: chunks of [4, 32] u16, without compression. */
  async function writeZarr(name: string) {
    await mkdir(at(name), { recursive: true });
    const meta = { shape: [rows, length], chunks: [4, 32], dtype: '<u2', order: 'C' };
    const rest = { zarr_format: 2, fill_value: 0, filters: null, compressor: null };
    await writeFile(at(`${name}/.zarray`), JSON.stringify({ ...meta, ...rest }));
    for (let i = 0; i < rows / 4; i++)
      for (let j = 0; j < length / 32; j++) {
        const chunk = Uint16Array.from({ length: 4 * 32 }, (_, k) =>
          token(4 * i + Math.floor(k / 32), 32 * j + (k % 32)),
        );
        await writeFile(at(`${name}/${i}.${j}`), chunk);
      }
  }
  const expected = Array.from({ length: rows * length }, (_, i) =>
    token(Math.floor(i / length), i % length),
  );

  test('a row is a document of GPT-2 tokens; rows are read across chunks', async () => {
    await writeZarr('train.zarr');
    await writeZarr('heldout.zarr');
    const { corpus } = await loadCorpus({ paths: [folder] }, split);
    expect(corpus.tokenizer.name).toBe('gpt2');
    expect([...(await readAll(corpus.train))]).toEqual(expected);
    expect([...(await corpus.heldOut.read(60, 70))]).toEqual(expected.slice(60, 130));
    expect([...(await corpus.train.documentStarts(60, 70))]).toEqual([4, 68]);
    expect([...(await corpus.train.documentStarts(0, 64))]).toEqual([0]);
    const alone = await loadCorpus({ paths: [at('train.zarr')] }, split);
    expect(alone.corpus.train.length + alone.corpus.heldOut.length).toBe(rows * length);
  });

  test('tokens of another tokenizer, or another kind of array, are refused', async () => {
    await writeZarr('train.zarr');
    const { corpus } = await loadCorpus({ paths: [at('train.zarr')], tokenizer: 'bytes' }, split);
    await expect(corpus.train.read(0, 500)).rejects.toThrow(
      /expected tokens 0…255, got \d+ in row/,
    );
    const path = at('train.zarr/.zarray');
    const text = readFileSync(path, 'utf8');
    await writeFile(path, text.replace('[12,64]', '[12]').replace('[4,32]', '[4]'));
    await expect(loadCorpus({ paths: [at('train.zarr')] }, split)).rejects.toThrow(
      'expected a Zarr array of whole numbers [documents, tokens], got uint16 [12].',
    );
    await writeFile(path, '{');
    await expect(loadCorpus({ paths: [at('train.zarr')] }, split)).rejects.toThrow(
      'cannot be read',
    );
  });
});
