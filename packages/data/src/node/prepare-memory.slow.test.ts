// 200 MB of text take no more memory than the first tenth of it.

import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CounterRng } from '@vulpes/tensor-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openShards } from './open-shards.ts';
import { prepareShards } from './prepare.ts';

const MEGABYTES = 200;
const WORDS = 'the of and fox forgets what it has seen once a long time ago in woods'.split(' ');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vulpes-memory-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Lines of JSON, documents of some hundred words, among them many numbers. */
async function writeText(path: string): Promise<void> {
  const rng = new CounterRng(42);
  const block = Array.from({ length: 500 }, () => {
    const words = Array.from({ length: 100 + rng.below(300) }, () =>
      rng.below(20) === 0 ? String(rng.uint32()) : WORDS[rng.below(WORDS.length)],
    );
    return `${JSON.stringify({ text: words.join(' ') })}\n`;
  }).join('');
  const file = await open(path, 'w');
  for (let written = 0; written < MEGABYTES * 1e6; written += block.length) await file.write(block);
  await file.close();
}

const LIMIT_MS = 900_000;

test.each(['bytes', 'gpt2'])('%s: memory stays flat', { timeout: LIMIT_MS }, async (tokenizer) => {
  const path = join(folder, 'text.jsonl');
  await writeText(path);
  const mebibytes = () => process.memoryUsage().rss / 2 ** 20;
  const before = mebibytes();
  const most = { early: 0, late: 0 };
  const { manifest } = await prepareShards({
    paths: [path],
    tokenizer,
    out: join(folder, tokenizer),
    onProgress: ({ bytes, totalBytes }) => {
      const part = bytes < totalBytes / 4 ? 'early' : 'late';
      most[part] = Math.max(most[part], mebibytes());
    },
  });
  console.log(
    `${tokenizer}: ${manifest.tokens} tokens of ${manifest.documents} documents; ${before.toFixed(0)} MiB before, at most ${most.early.toFixed(0)} in the first quarter, ${most.late.toFixed(0)} after it`,
  );
  expect(most.late - most.early).toBeLessThan(100);
  const { source } = await openShards(join(folder, tokenizer));
  expect(source.length).toBe(manifest.tokens);
});
