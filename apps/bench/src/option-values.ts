// Values of command line options, checked before minutes of measuring begin.

import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';

const MAX_COUNT = 1_000_000;

/** An option of names, by comma or space: `a,b c`. Each use collects a list. */
export const listOf = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text: string, earlier: string[][] = []) => [
    ...earlier,
    text.split(',').filter((name) => name !== ''),
  ]);

export const countOf =
  (least: number) =>
  (text: string): number => {
    const count = Number(text);
    if (Number.isInteger(count) && count >= least && count <= MAX_COUNT) return count;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${MAX_COUNT}.`);
  };

export function positiveOf(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a number above 0.');
}

/** Minutes of measuring should not end at a file that can't be written: it is opened, and left as it was. */
export function writablePath(text: string): string {
  const path = resolve(text);
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  if (!folder?.isDirectory())
    throw new InvalidArgumentError(`There is no folder ${dirname(path)}.`);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InvalidArgumentError('It is a folder; give a file.');
  }
  const isNew = !existsSync(path);
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be written (${(error as Error).message}).`);
  }
  if (isNew) rmSync(path);
  return path;
}

export function existingFile(text: string): string {
  const path = resolve(text);
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  throw new InvalidArgumentError(`There is no file ${path}.`);
}
