// Why a process failed, from what it printed.

import type { Readable } from 'node:stream';

/** Frames of a stack, the line of code above it, and what Node says below it. */
const NOISE = /^(\s*at |\s*\^|node:|file:|Node\.js v|\s*$|[\s{}[\]]*$|\s+\w+: .*,?$)/;

/** The line that tells why: the first that names an error, else the last one. */
export function errorLine(printed: string): string {
  const lines = printed.split('\n').filter((line) => !NOISE.test(line));
  const named = lines.find((line) => /(^|\s)(\w*Error|ERR_\w+|error|fatal)\b.*[:\s]\S/.test(line));
  return (named ?? lines.at(-1) ?? 'it printed nothing').trim();
}

/** A process may print for hours; why it failed stands at the end. */
const MAX_CHARACTERS = 2 ** 16;

/** @returns the end of what the stream has printed so far */
export function endOf(stream: Readable): () => string {
  let end = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    end = (end + text).slice(-MAX_CHARACTERS);
  });
  return () => end;
}
