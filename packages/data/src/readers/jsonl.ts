// JSON lines: each line an object, one of its fields the text of a document.

import { ArgumentError } from '@vulpes/tensor-core';
import { PIECE_LENGTH, type Piece, textPieces } from './pieces.ts';

export interface FieldOptions {
  /** The file, for messages. */
  readonly name: string;
  /** The field, or column, that holds the text. */
  readonly field: string;
}

/** A longer one is no line of text, but a file without line ends. */
const MAX_LINE = 2 ** 28;

/** Blank lines and empty texts are left out. @throws ArgumentError naming the line that does not fit */
export async function* jsonlPieces(
  texts: AsyncIterable<string>,
  options: FieldOptions,
): AsyncGenerator<Piece> {
  let number = 0;
  for await (const line of splitLines(texts, options.name)) {
    number++;
    if (line.trim() === '') continue;
    const text = readField(line, number, options);
    if (text.length <= PIECE_LENGTH) {
      if (text !== '') yield { name: options.name, isStart: true, content: text };
    } else yield* textPieces(once(text), options);
  }
}

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

async function* splitLines(texts: AsyncIterable<string>, name: string): AsyncGenerator<string> {
  let parts: string[] = [];
  let length = 0;
  for await (const text of texts) {
    const lines = text.split('\n');
    for (const line of lines.slice(0, -1)) {
      yield parts.length > 0 ? parts.join('') + line : line;
      [parts, length] = [[], 0];
    }
    const rest = lines.at(-1) as string;
    parts.push(rest);
    length += rest.length;
    if (length > MAX_LINE) {
      throw new ArgumentError(
        `${name}: expected lines of JSON of at most ${MAX_LINE} characters, got a longer one. JSON lines have one object a line; is it one large JSON file?`,
      );
    }
  }
  if (length > 0) yield parts.join('');
}

function readField(line: string, number: number, { name, field }: FieldOptions): string {
  const where = `${name}, line ${number}`;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new ArgumentError(
      `${where}: expected a JSON object, got text that is none (${(error as Error).message}).`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ArgumentError(
      `${where}: expected a JSON object with a text in field "${field}", got ${line.slice(0, 40)}.`,
    );
  }
  const text = Object.hasOwn(value, field) ? (value as Record<string, unknown>)[field] : undefined;
  if (typeof text === 'string') return text;
  const names = Object.entries(value).filter(([, content]) => typeof content === 'string');
  throw new ArgumentError(
    `${where}: expected a text in field "${field}", got ${text === undefined ? 'none' : JSON.stringify(text).slice(0, 40)}. ${listFields(names.map(([key]) => key))}`,
  );
}

/** What to do where the field is another. */
export const listFields = (names: readonly string[]): string =>
  names.length > 0
    ? `Text is in ${names.map((name) => `"${name}"`).join(', ')}: name it with --field.`
    : 'No field of it is text.';
