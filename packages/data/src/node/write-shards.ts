// Tokens to shards on disk. The folder gets its name with one rename, when all of it is written.

import { createHash, type Hash } from 'node:crypto';
import {
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { ArgumentError } from '@vulpes/tensor-core';
import {
  MANIFEST_FILE,
  type Manifest,
  makeManifest,
  type ShardEntry,
  TOKENIZER_FILE,
} from '../shards/manifest.ts';
import { type TokenPiece, tokenWidth } from '../tokenize.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

export interface ShardOptions {
  readonly tokenizer: Tokenizer;
  /** Names of what is read, for the manifest. */
  readonly sources: readonly string[];
  /** Tokens of a shard; default 32 Mi. */
  readonly shardTokens?: number;
  /** Told the tokens and documents written so far. */
  readonly onTokens?: (tokens: number, documents: number) => void;
}

const SHARD_TOKENS = 2 ** 25;

/** Where a folder grows before it has its name. */
export const unfinishedFolder = (folder: string): string => `${folder}.writing`;

/**
 * Writes all pieces into `folder`, which does not exist or is empty. A folder that an earlier try left unfinished is begun anew.
 * @throws ArgumentError where the folder is taken, or there is no token
 */
export async function writeShards(
  folder: string,
  pieces: AsyncIterable<TokenPiece>,
  options: ShardOptions,
): Promise<Manifest> {
  await assertFree(folder);
  const unfinished = unfinishedFolder(folder);
  await assertAbandoned(unfinished);
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await writeFile(join(unfinished, PROCESS_FILE), `${process.pid}\n`);
  const writer = new ShardWriter(unfinished, options);
  try {
    for await (const piece of pieces) await writer.append(piece);
    const manifest = await writer.finish();
    await rm(join(unfinished, PROCESS_FILE));
    await rm(folder, { recursive: true, force: true }); // empty, if it is there
    await rename(unfinished, folder);
    return manifest;
  } catch (error) {
    await writer.close();
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

/** @throws ArgumentError where something is there */
export async function assertFree(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    if (error.code === 'ENOTDIR')
      throw new ArgumentError(`--out: ${folder} is a file. Choose a new folder.`);
    throw error;
  });
  if (names.length === 0) return;
  const what = names.includes(MANIFEST_FILE) ? 'holds token shards already' : 'is not empty';
  throw new ArgumentError(`--out: ${folder} ${what}. Choose a new folder.`);
}

/** Says who writes. */
const PROCESS_FILE = 'process.txt';

/** @throws ArgumentError where another process that lives is writing there */
async function assertAbandoned(unfinished: string): Promise<void> {
  const text = await readFile(join(unfinished, PROCESS_FILE), 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (!Number.isInteger(pid) || !isAlive(pid)) return;
  throw new ArgumentError(
    `${unfinished} is being written by process ${pid}; wait for it or stop it (if ${pid} is another program, delete ${unfinished}).`,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

class ShardWriter {
  readonly #folder: string;
  readonly #options: ShardOptions;
  readonly #width: 1 | 2 | 4;
  readonly #shards: ShardEntry[] = [];
  #shard: OpenShard | null = null;
  #tokens = 0;
  #documents = 0;

  constructor(folder: string, options: ShardOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#width = tokenWidth(options.tokenizer.vocabSize);
  }

  async append({ tokens, documentAt }: TokenPiece): Promise<void> {
    const { shardTokens = SHARD_TOKENS, onTokens } = this.#options;
    let done = 0;
    while (done < tokens.length) {
      this.#shard ??= await this.#openShard();
      const shard = this.#shard;
      const taken = Math.min(tokens.length - done, shardTokens - shard.tokens);
      if (documentAt !== null && documentAt >= done && documentAt < done + taken) {
        shard.starts.push(shard.tokens + documentAt - done);
        this.#documents++;
      }
      await shard.write(tokens.subarray(done, done + taken));
      done += taken;
      this.#tokens += taken;
      if (shard.tokens === shardTokens) await this.#closeShard(shard);
    }
    onTokens?.(this.#tokens, this.#documents);
  }

  async finish(): Promise<Manifest> {
    if (this.#shard) await this.#closeShard(this.#shard);
    const { tokenizer, sources } = this.#options;
    if (this.#tokens === 0) {
      throw new ArgumentError(
        `prepare: expected some text, got none in ${sources.join(', ')}. Name a file with text in it.`,
      );
    }
    const { name, vocabSize, json } = tokenizer;
    const fields = {
      tokenizer: {
        name,
        vocabSize,
        json: json === null ? null : await this.#writeFile(TOKENIZER_FILE, Buffer.from(json)),
      },
      tokenBytes: this.#width,
      tokens: this.#tokens,
      documents: this.#documents,
      shards: this.#shards,
      sources: [...sources],
    };
    const manifest = makeManifest(fields);
    await this.#writeFile(MANIFEST_FILE, Buffer.from(manifest));
    return JSON.parse(manifest) as Manifest;
  }

  async close(): Promise<void> {
    await this.#shard?.close();
  }

  async #openShard(): Promise<OpenShard> {
    const file = `shard-${String(this.#shards.length).padStart(5, '0')}.bin`;
    return new OpenShard(file, this.#width, await open(join(this.#folder, file), 'w'));
  }

  async #closeShard(shard: OpenShard): Promise<void> {
    this.#shard = null;
    const { file, tokens, starts } = shard;
    const sha256 = await shard.finish();
    const bytes = toLittleEndian(starts, 4);
    const startsFile = await this.#writeFile(file.replace('.bin', '.documents.bin'), bytes);
    const documents = starts.length;
    this.#shards.push({ file, sha256, tokens, documents, starts: startsFile });
  }

  async #writeFile(file: string, bytes: Uint8Array) {
    await writeFile(join(this.#folder, file), bytes, { flush: true });
    return { file, sha256: createHash('sha256').update(bytes).digest('hex') };
  }
}

class OpenShard {
  readonly file: string;
  readonly starts: number[] = [];
  tokens = 0;
  readonly #width: 1 | 2 | 4;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');

  constructor(file: string, width: 1 | 2 | 4, handle: FileHandle) {
    this.file = file;
    this.#width = width;
    this.#handle = handle;
  }

  async write(tokens: Uint8Array | Int32Array): Promise<void> {
    const bytes = toLittleEndian(tokens, this.#width);
    this.#hash.update(bytes);
    await this.#handle.writeFile(bytes); // at the handle's position: adds to the end
    this.tokens += tokens.length;
  }

  /** @returns the SHA-256 of the file */
  async finish(): Promise<string> {
    await this.#handle.sync();
    await this.#handle.close();
    return this.#hash.digest('hex');
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

function toLittleEndian(values: ArrayLike<number>, width: 1 | 2 | 4): Uint8Array {
  if (width === 1) return values instanceof Uint8Array ? values : Uint8Array.from(values);
  const bytes = Buffer.allocUnsafe(values.length * width);
  for (let i = 0; i < values.length; i++) {
    if (width === 2) bytes.writeUInt16LE(values[i] as number, 2 * i);
    else bytes.writeUInt32LE(values[i] as number, 4 * i);
  }
  return bytes;
}
