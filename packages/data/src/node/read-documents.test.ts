// Files on disk: folders, packed files, special files, the same text twice.

import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findInputFiles } from './input-files.ts';
import { DocumentReader, type ReadOptions } from './read-documents.ts';

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vulpes-data-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sentence = 'the quick brown fox jumps over the lazy dog. ';

async function read(paths: readonly string[], options?: ReadOptions) {
  const { files, notes } = await findInputFiles(paths);
  const reader = new DocumentReader(files, options);
  const texts: (string | Uint8Array)[] = [];
  for await (const { content } of reader.read()) texts.push(content);
  return { texts, notes: [...notes, ...reader.notes()] };
}

describe('packed files', () => {
  // By `zstd -19` of the sentence × 40, twice in a row.
  const zstd = Buffer.from(
    'KLUv/WQIBrUBANQCdGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZy4gAQDFFv6qDDSHfX8otS/9ZAgGtQEA1AJ0aGUgcXVpY2sgYnJvd24gZm94IGp1bXBzIG92ZXIgdGhlIGxhenkgZG9nLiABAMUW/qoMNId9fw==',
    'base64',
  );

  test('are known by their first bytes, and unpacked piece by piece', async () => {
    const text = sentence.repeat(40);
    await writeFile(at('a.txt.gz'), Buffer.concat([gzipSync(text), gzipSync('more')]));
    await writeFile(at('packed'), zstd);
    let bytes = 0;
    const onRead = (count: number) => {
      bytes += count;
    };
    const { texts } = await read([at('a.txt.gz'), at('packed')], { onRead });
    expect(texts).toEqual([`${text}more`, text + text]);
    expect(bytes).toBeGreaterThan(zstd.length);
    await writeFile(at('b.jsonl.gz'), gzipSync('{"text": "one"}\n{"text": "two"}\n'));
    expect((await read([at('b.jsonl.gz')])).texts).toEqual(['one', 'two']);
  });

  test('that are cut off say so', async () => {
    await writeFile(at('cut.txt.gz'), gzipSync(sentence.repeat(40)).subarray(0, 50));
    await writeFile(at('cut.txt.zst'), zstd.subarray(0, 100));
    await expect(read([at('cut.txt.gz')])).rejects.toThrow(
      /cut\.txt\.gz: expected whole gzip data, got some that is damaged or cut off/,
    );
    await expect(read([at('cut.txt.zst')])).rejects.toThrow(
      /cut\.txt\.zst: expected whole Zstandard data/,
    );
  });
});

describe('folders', () => {
  test('give their files with a known ending, in order, with those of folders in them', async () => {
    const tree = at('tree');
    await mkdir(join(tree, 'inner'), { recursive: true });
    for (const name of ['b.txt', 'a.md', 'inner/c.jsonl', 'picture.png', 'inner/d.TXT.gz'])
      await writeFile(join(tree, name), '');
    const { files } = await findInputFiles([tree]);
    expect(files.map(({ path }) => path.slice(tree.length + 1))).toEqual([
      'a.md',
      'b.txt',
      'inner/c.jsonl',
      'inner/d.TXT.gz',
    ]);
    expect(files.map(({ format }) => format)).toEqual(['text', 'text', 'jsonl', 'text']);
    await mkdir(at('none'));
    await expect(findInputFiles([at('none')])).rejects.toThrow(/expected a folder with \.txt/);
  });
});

describe('mistakes', () => {
  test('a missing file, a device, a pipe', async () => {
    await expect(read([at('missing.txt')])).rejects.toThrow(
      /^cannot read .*missing\.txt: there is no such file or folder\.$/,
    );
    if (process.platform === 'win32') return;
    await expect(read(['/dev/zero'])).rejects.toThrow(
      '/dev/zero: expected a file, got a character device, which may never end. Write its data into a file first.',
    );
    execFileSync('mkfifo', [at('pipe')]);
    await expect(read([at('pipe')])).rejects.toThrow('got a pipe, which may never end');
  });

  test('the same file, or the same text, twice, is said with names', async () => {
    await writeFile(at('one.txt'), sentence);
    await writeFile(at('two.txt'), sentence);
    await symlink(at('one.txt'), at('link.txt'));
    await writeFile(at('empty.txt'), '');
    const { texts, notes } = await read(['one', 'link', 'two', 'empty'].map((n) => at(`${n}.txt`)));
    expect(texts).toEqual([sentence, sentence]);
    expect(notes.map((note) => note.replaceAll(`${folder}/`, ''))).toEqual([
      'link.txt is named twice (as one.txt): read once.',
      'empty.txt: no text in it.',
      'two.txt has the same text as one.txt: what is held out of one may be trained on in the other.',
    ]);
  });

  test('what was changed in files is said', async () => {
    for (const name of 'abcde') await writeFile(at(`${name}.crlf.txt`), `${name}\r\n`);
    const { notes } = await read([...'abcde'].map((name) => at(`${name}.crlf.txt`)));
    expect(notes.map((note) => note.replaceAll(`${folder}/`, ''))).toEqual([
      'a.crlf.txt, b.crlf.txt, c.crlf.txt and 2 more: had line ends CRLF, which became LF.',
    ]);
  });

  test('bytes can be taken as they are, from text files', async () => {
    const bytes = Uint8Array.of(0, 255, 13, 10);
    await writeFile(at('raw.bin'), bytes);
    const { texts } = await read([at('raw.bin')], { encoding: 'bytes' });
    expect(texts.map((content) => [...(content as Uint8Array)])).toEqual([[0, 255, 13, 10]]);
    await writeFile(at('x.jsonl'), '{"text": "one"}\n');
    await expect(read([at('x.jsonl')], { encoding: 'bytes' })).rejects.toThrow(
      'expected a text file with --encoding bytes, got JSON lines',
    );
  });

  test('a file that grows while it is read ends where it ended', async () => {
    await writeFile(at('log.txt'), 'before');
    const { files } = await findInputFiles([at('log.txt')]);
    await writeFile(at('log.txt'), 'before and after');
    const pieces = [];
    for await (const { content } of new DocumentReader(files).read()) pieces.push(content);
    expect(pieces).toEqual(['before']);
    await truncate(at('log.txt'), 0);
  });
});
