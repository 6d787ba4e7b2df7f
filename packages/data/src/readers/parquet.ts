// Parquet: one column is text, each row a document.

import { ArgumentError } from '@vulpes/tensor-core';
import {
  type AsyncBuffer,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
} from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { type FieldOptions, listFields } from './jsonl.ts';
import { type Piece, textPieces } from './pieces.ts';

/** Rows that are read at once: some thousand documents of text. */
const ROWS = 2048;

export interface ParquetOptions extends FieldOptions {
  /** Told after each group of rows: rows read, and rows in the file. */
  readonly onRows?: (read: number, total: number) => void;
}

/** Rows without a text are left out. @throws ArgumentError where the file is damaged or the column is none of text */
export async function* parquetPieces(
  file: AsyncBuffer,
  { name, field, onRows = () => {} }: ParquetOptions,
): AsyncGenerator<Piece> {
  const metadata = await explain(name, () => parquetMetadataAsync(file));
  checkColumn(metadata, { name, field });
  const total = Number(metadata.num_rows);
  for (let rowStart = 0; rowStart < total; rowStart += ROWS) {
    const rowEnd = Math.min(total, rowStart + ROWS);
    const part = { file, metadata, columns: [field], rowStart, rowEnd, compressors };
    const rows = await explain(name, () => parquetReadObjects(part));
    for (const row of rows) yield* rowPieces(row[field], name);
    onRows(rowEnd, total);
  }
}

async function* rowPieces(text: unknown, name: string): AsyncGenerator<Piece> {
  if (typeof text !== 'string' || text === '') return;
  async function* once() {
    yield text as string;
  }
  yield* textPieces(once(), { name });
}

function checkColumn(metadata: FileMetaData, { name, field }: FieldOptions): void {
  const columns = parquetSchema(metadata).children.map(({ element }) => element);
  const isText = ({ type, converted_type, logical_type }: (typeof columns)[number]) =>
    type === 'BYTE_ARRAY' && (converted_type === 'UTF8' || logical_type?.type === 'STRING');
  const column = columns.find((one) => one.name === field);
  if (column && isText(column)) return;
  const names = columns.filter(isText).map((one) => one.name);
  throw new ArgumentError(
    `${name}: expected a column "${field}" of text, got ${column ? `one of ${column.type ?? 'other columns'}` : 'none'}. ${listFields(names)}`,
  );
}

async function explain<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw new ArgumentError(
      `${name}: expected a Parquet file, got one that cannot be read (${(cause as Error).message}).`,
      { cause },
    );
  }
}
