// Values of command line options, checked before minutes of measuring begin.

import { closeSync, existsSync, openSync, realpathSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ArgumentError } from '@vulpes/tensor-core';
import { InvalidArgumentError, Option } from 'commander';

const MAX_COUNT = 1_000_000;

/** An option of names, by comma or space: `a,b c`. Each use collects a list. */
export const listOf = (flags: string, description: string): Option =>
  new Option(flags, description).argParser((text: string, earlier: string[][] = []) => {
    const names = text.split(',').filter((name) => name !== '');
    if (names.length > 0) return [...earlier, names];
    throw new InvalidArgumentError('It names nothing.');
  });

/** An empty value is what a script gives whose variable is not set: it must not do something else. */
export function filledOf(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}

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

export function existingFolder(text: string): string {
  const path = resolve(filledOf(text));
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path;
  throw new InvalidArgumentError(`There is no folder ${path}.`);
}

/** A file that is read, or written by another name, is not written over. @throws ArgumentError where both are one file */
export function assertOtherFile(command: string, file: string, other: string): void {
  const [one, two] = [file, other].map((path) => (existsSync(path) ? realpathSync(path) : path));
  if (one !== two) return;
  throw new ArgumentError(
    `${command}: expected two files, got ${file} for both, of which one would overwrite the other. Name another file.`,
  );
}
