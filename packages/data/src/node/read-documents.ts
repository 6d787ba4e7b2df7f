// Files to documents: each by its format, what was changed noted, the progress told.

import { createHash } from 'node:crypto';
import { ArgumentError } from '@vulpes/tensor-core';
import { asyncBufferFromFile } from 'hyparquet';
import { decodeText, type TextNote } from '../readers/decode-text.ts';
import { jsonlPieces } from '../readers/jsonl.ts';
import { parquetPieces } from '../readers/parquet.ts';
import { bytePieces, type Piece, textPieces } from '../readers/pieces.ts';
import type { InputFile } from './input-files.ts';
import { readBytes } from './read-bytes.ts';

export interface ReadOptions {
  /** `auto`: UTF-8, or UTF-16 with a byte order mark; `bytes`: as they are; else the name of an encoding. Default auto. */
  readonly encoding?: string;
  /** Of JSON lines and Parquet: what holds the text. Default `text`. */
  readonly field?: string;
  /** Told how many bytes of the files were read since the last call. */
  readonly onRead?: (bytes: number) => void;
}

/** Reads files; afterwards `notes()` says what was changed in them, and which have the same text. */
export class DocumentReader {
  readonly #files: readonly InputFile[];
  readonly #options: ReadOptions;
  readonly #changed = new Map<TextNote, string[]>();
  /** By hash of its text: the first file that has it. */
  readonly #texts = new Map<string, string>();
  readonly #same: string[] = [];
  readonly #empty: string[] = [];

  constructor(files: readonly InputFile[], options: ReadOptions = {}) {
    this.#files = files;
    this.#options = options;
  }

  /** @throws ArgumentError */
  async *read(): AsyncGenerator<Piece> {
    for (const file of this.#files) {
      const hash = createHash('sha256');
      let isEmpty = true;
      for await (const piece of this.#readFile(file)) {
        hash.update(piece.content);
        isEmpty = false;
        yield piece;
      }
      if (isEmpty) this.#empty.push(file.path);
      else this.#noteText(hash.digest('hex'), file.path);
    }
  }

  notes(): string[] {
    const changes: Record<TextNote, string> = {
      'UTF-16': 'was UTF-16, by its byte order mark',
      'byte order mark': 'began with a byte order mark, which is left out',
      CRLF: 'had line ends CRLF, which became LF',
    };
    return [
      ...Array.from(this.#changed, ([note, names]) => `${listNames(names)}: ${changes[note]}.`),
      ...(this.#empty.length > 0 ? [`${listNames(this.#empty)}: no text in it.`] : []),
      ...this.#same,
    ];
  }

  #readFile(file: InputFile): AsyncIterable<Piece> {
    const { encoding = 'auto', field = 'text', onRead = () => {} } = this.#options;
    const { path: name, format } = file;
    if (format === 'parquet') return this.#readParquet(file, field);
    if (encoding === 'bytes') {
      if (format === 'text') return bytePieces(readBytes(file, onRead), name);
      throw new ArgumentError(
        `${name}: expected a text file with --encoding bytes, got JSON lines, which are UTF-8. Leave the option out.`,
      );
    }
    const onNote = (note: TextNote) => this.#noteChange(note, name);
    const texts = decodeText(readBytes(file, onRead), { name, encoding, onNote });
    return format === 'jsonl' ? jsonlPieces(texts, { name, field }) : textPieces(texts, { name });
  }

  async *#readParquet({ path: name, size }: InputFile, field: string): AsyncGenerator<Piece> {
    let told = 0;
    const onRows = (read: number, total: number) => {
      const bytes = Math.round((size * read) / total);
      this.#options.onRead?.(bytes - told);
      told = bytes;
    };
    yield* parquetPieces(await asyncBufferFromFile(name), { name, field, onRows });
  }

  #noteChange(note: TextNote, name: string): void {
    const names = this.#changed.get(note) ?? [];
    if (names.at(-1) !== name) names.push(name);
    this.#changed.set(note, names);
  }

  #noteText(hash: string, name: string): void {
    const first = this.#texts.get(hash);
    if (first === undefined) this.#texts.set(hash, name);
    else
      this.#same.push(
        `${name} has the same text as ${first}: what is held out of one may be trained on in the other.`,
      );
  }
}

/** `a.txt, b.txt and 7 more` */
function listNames(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
