// Token shards on disk as a token source: read window by window, each shard held against its hash before its first token is used.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@vulpes/tensor-core';
import type { TokenSet } from '../corpus.ts';
import {
  MANIFEST_FILE,
  type Manifest,
  parseManifest,
  type ShardEntry,
} from '../shards/manifest.ts';
import { checkRange, firstAtLeast, type TokenSource } from '../token-source.ts';
import { byteTokenizer } from '../tokenizer/byte-tokenizer.ts';
import { readTokenizer } from '../tokenizer/read-tokenizer.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { unreadable } from './input-files.ts';

/**
 * Opens what `prepare` wrote. Sizes are checked at once; a shard's hash before the first of its tokens is read.
 * @throws ArgumentError naming the file that is missing, cut or damaged
 */
export async function openShards(folder: string): Promise<TokenSet> {
  const text = await readOrExplain(join(folder, MANIFEST_FILE));
  const manifest = parseManifest(text.toString('utf8'), join(folder, MANIFEST_FILE));
  const tokenizer = await openTokenizer(folder, manifest);
  const { tokenBytes, documents, shards } = manifest;
  for (const { file, tokens } of shards) await checkSize(join(folder, file), tokens * tokenBytes);
  const hash = createHash('sha256')
    .update(shards.map(({ sha256 }) => sha256).join())
    .digest('hex');
  return { source: new ShardSource(folder, manifest), documents, tokenizer, hash };
}

async function openTokenizer(folder: string, { tokenizer }: Manifest): Promise<Tokenizer> {
  const { name, json } = tokenizer;
  if (json === null) return byteTokenizer;
  const path = join(folder, json.file);
  const bytes = await readOrExplain(path);
  checkHash(path, createHash('sha256').update(bytes).digest('hex'), json.sha256);
  return readTokenizer(bytes.toString('utf8'), { what: path, name });
}

class ShardSource implements TokenSource {
  readonly length: number;
  readonly #folder: string;
  readonly #manifest: Manifest;
  /** Tokens up to the end of each shard. */
  readonly #ends: readonly number[];
  /** By shard: the check of its hash. */
  readonly #checks = new Map<ShardEntry, Promise<void>>();
  readonly #starts = new Map<ShardEntry, Promise<Uint32Array>>();

  constructor(folder: string, manifest: Manifest) {
    this.#folder = folder;
    this.#manifest = manifest;
    this.length = manifest.tokens;
    let end = 0;
    this.#ends = manifest.shards.map(({ tokens }) => {
      end += tokens;
      return end;
    });
  }

  async read(offset: number, count: number): Promise<Int32Array<ArrayBuffer>> {
    const tokens = new Int32Array(count);
    for (const { shard, from, taken, at } of this.#parts(offset, count))
      tokens.set(await this.#readShard(shard, from, taken), at);
    return tokens;
  }

  async documentStarts(offset: number, count: number): Promise<Int32Array<ArrayBuffer>> {
    const found: number[] = [];
    for (const { shard, from, taken, at } of this.#parts(offset, count)) {
      const starts = await this.#startsOf(shard);
      const [first, end] = [firstAtLeast(starts, from), firstAtLeast(starts, from + taken)];
      for (const start of starts.subarray(first, end)) found.push(start - from + at);
    }
    return Int32Array.from(found);
  }

  /** Where [offset, offset + count) lies: `taken` tokens of a shard from `from` on, which stand at `at` of what was asked for. */
  #parts(offset: number, count: number) {
    checkRange(this.length, offset, count);
    const parts: { shard: ShardEntry; from: number; taken: number; at: number }[] = [];
    let at = 0;
    for (let i = firstAtLeast(this.#ends, offset + 1); at < count; i++) {
      const shard = this.#manifest.shards[i] as ShardEntry;
      const from = offset + at - ((this.#ends[i] as number) - shard.tokens);
      const taken = Math.min(shard.tokens - from, count - at);
      if (taken > 0) parts.push({ shard, from, taken, at });
      at += taken;
    }
    return parts;
  }

  async #readShard(shard: ShardEntry, from: number, count: number): Promise<ArrayLike<number>> {
    const path = join(this.#folder, shard.file);
    await once(this.#checks, shard, () => checkFile(path, shard.sha256));
    const { tokenBytes } = this.#manifest;
    const bytes = Buffer.allocUnsafe(count * tokenBytes);
    const file = await open(path);
    try {
      const { bytesRead } = await file.read(bytes, 0, bytes.length, from * tokenBytes);
      if (bytesRead < bytes.length) await checkSize(path, shard.tokens * tokenBytes);
    } finally {
      await file.close();
    }
    return fromLittleEndian(bytes, tokenBytes);
  }

  #startsOf(shard: ShardEntry): Promise<Uint32Array> {
    if (this.#starts.size > MAX_CACHED_STARTS && !this.#starts.has(shard)) this.#starts.clear();
    return once(this.#starts, shard, async () => {
      const { file, sha256 } = shard.starts;
      const path = join(this.#folder, file);
      const bytes = await readOrExplain(path);
      checkHash(path, createHash('sha256').update(bytes).digest('hex'), sha256);
      return Uint32Array.from(fromLittleEndian(bytes, 4));
    });
  }
}

/** Shards whose document starts stay in memory. */
const MAX_CACHED_STARTS = 16;

/** What was made of the key before, or is made now. */
function once<K, T>(made: Map<K, Promise<T>>, key: K, make: () => Promise<T>): Promise<T> {
  const value = made.get(key) ?? make();
  made.set(key, value);
  return value;
}

function fromLittleEndian(bytes: Buffer, width: 1 | 2 | 4): ArrayLike<number> {
  if (width === 1) return bytes;
  return Array.from({ length: bytes.length / width }, (_, i) =>
    width === 2 ? bytes.readUInt16LE(2 * i) : bytes.readUInt32LE(4 * i),
  );
}

async function checkFile(path: string, expected: string): Promise<void> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }))
      hash.update(chunk);
  } catch (error) {
    throw unreadable(path, error);
  }
  checkHash(path, hash.digest('hex'), expected);
}

function checkHash(path: string, found: string, expected: string): void {
  if (found === expected) return;
  throw new ArgumentError(
    `${path} is damaged: expected SHA-256 ${expected}, as manifest.json has it, got ${found}. Nothing of it was used. Copy the file again, or make the folder again with prepare.`,
  );
}

async function checkSize(path: string, expected: number): Promise<void> {
  const { size } = await stat(path).catch((error) => {
    throw unreadable(path, error);
  });
  if (size === expected) return;
  throw new ArgumentError(
    `${path} is damaged: expected ${expected} bytes, as manifest.json has it, got ${size}. Copy the file again, or make the folder again with prepare.`,
  );
}

async function readOrExplain(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}
