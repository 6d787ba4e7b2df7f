// JSON that others wrote: nothing in it is trusted, neither its depth nor its size, and messages about it stay short.

import { CheckpointError } from './errors.ts';

/** No file of ours nests deeper. Deeper values overflow the stack of whatever walks them. */
const MAX_DEPTH = 64;
/** Characters of a value that a message shows. */
const MAX_SHOWN = 48;

/**
 * @param source - file name, for messages
 * @param options - uniqueKeys: refuse an object that has a key twice, where JSON.parse keeps the last
 * @throws CheckpointError
 */
export function parseJson(
  text: string,
  source: string,
  { uniqueKeys = false }: { uniqueKeys?: boolean } = {},
): unknown {
  const { depth, keys } = scan(text);
  if (depth > MAX_DEPTH) {
    throw new CheckpointError(
      `${source}: expected JSON nested at most ${MAX_DEPTH} deep, got deeper. The file is damaged or no file of this kind.`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(
      `${source}: expected JSON, which it is not${describePlace(cause)}. The file is damaged or no file of this kind.`,
      { cause },
    );
  }
  if (uniqueKeys && countKeys(value) !== keys) {
    throw new CheckpointError(
      `${source}: expected each name once in an object of the JSON, got one twice. The file is damaged.`,
    );
  }
  return value;
}

/** A value for a message: short, and whatever it is. */
export const describeValue = (value: unknown): string => shorten(toText(value));

/** Text for a message, with its end left out where it is long. */
export const shorten = (text: string, length: number = MAX_SHOWN): string =>
  text.length > length ? `${text.slice(0, length - 3)}...` : text;

function toText(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    return Array.isArray(value) ? 'an array' : 'an object';
  }
}

/** ` (at character 31)`, where the engine tells. */
function describePlace(error: unknown): string {
  const place = /position (\d+)/.exec(String(error))?.[1];
  return place === undefined ? '' : ` (at character ${place})`;
}

/** Greatest depth and number of keys, of text that may be no JSON; stops where it is too deep. */
function scan(text: string): { depth: number; keys: number } {
  let [depth, greatest, keys] = [0, 0, 0];
  for (let i = 0; i < text.length && greatest <= MAX_DEPTH; i++) {
    const char = text[i];
    if (char === '"') i = endOfString(text, i);
    else if (char === ':') keys += 1;
    else if (char === '[' || char === '{') greatest = Math.max(greatest, ++depth);
    else if (char === ']' || char === '}') depth -= 1;
  }
  return { depth: greatest, keys };
}

function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (i < text.length && text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, part) => sum + countKeys(part), own);
}
