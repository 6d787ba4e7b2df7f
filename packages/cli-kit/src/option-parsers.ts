// Parsers of option values, for commander: they throw before any work begins.

import { closeSync, existsSync, openSync, rmSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type AdapterChoice, parseVariants } from '@vulpes/tensor-core';
import { InvalidArgumentError, Option } from 'commander';

/** A parser of numbers. @param expected - such as "a number above 0" */
export const numberParser =
  (expected: string, accepts: (value: number) => boolean) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && accepts(value)) return value;
    throw new InvalidArgumentError(`Expected ${expected}.`);
  };

/** Whole numbers of at least `min`. */
export const countParser = (min: number) =>
  numberParser(
    `a whole number of at least ${min}`,
    (value) => Number.isSafeInteger(value) && value >= min,
  );

export const parseCount = countParser(1);
export const parseCountOrZero = countParser(0);
export const parsePositive = numberParser('a number above 0', (value) => value > 0);
export const parseNegative = numberParser('a number below 0', (value) => value < 0);
export const parseNotNegative = numberParser('a number of at least 0', (value) => value >= 0);

/** The word `off`, or what `parse` accepts. */
export const orOff =
  (parse: (text: string) => number) =>
  (text: string): number | 'off' => {
    if (text === 'off') return text;
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      throw new InvalidArgumentError(error.message.replace(/\.$/, ', or off.'));
    }
  };

/** A script whose variable is not set gives an empty text. */
export function parseNotEmpty(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}

/** `a,b` gives [a, b]. An option that is given several times collects all values. */
export function parseList(text: string, earlier: readonly string[] = []): string[] {
  const values = text.split(',').map((value) => value.trim());
  if (values.every((value) => value !== '')) return [...earlier, ...values];
  throw new InvalidArgumentError('Expected values with commas between them.');
}

/** A parser of lists of these names, each once. */
export const namesParser =
  <Name extends string>(known: readonly Name[]) =>
  (text: string, earlier: readonly Name[] = []): Name[] => {
    const names = parseList(text, earlier);
    const unknown = names.find((name) => !known.some((one) => one === name));
    if (unknown === undefined) return [...new Set(names as Name[])];
    throw new InvalidArgumentError(`Expected some of ${known.join(', ')}, got ${unknown}.`);
  };

/** `0,3` gives [0, 3], sorted, each once. */
export function parseIndexList(text: string): number[] {
  const indices = parseList(text).map(parseCountOrZero);
  return [...new Set(indices)].sort((a, b) => a - b);
}

/** @returns its absolute path */
export function parseExistingFile(text: string): string {
  const path = resolve(parseNotEmpty(text));
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  throw new InvalidArgumentError(`There is no file ${path}.`);
}

/** @returns its absolute path */
export function parseExistingFolder(text: string): string {
  const path = resolve(parseNotEmpty(text));
  if (isFolder(path)) return path;
  throw new InvalidArgumentError(`There is no folder ${path}.`);
}

/** A file that can be written: opened and left as it was. @returns its absolute path */
export function parseWritablePath(text: string): string {
  const path = resolve(parseNotEmpty(text));
  if (!isFolder(dirname(path))) {
    throw new InvalidArgumentError(`There is no folder ${dirname(path)}.`);
  }
  if (isFolder(path)) throw new InvalidArgumentError('It is a folder; give a file.');
  const isNew = !existsSync(path);
  try {
    closeSync(openSync(path, 'a'));
  } catch (error) {
    throw new InvalidArgumentError(`It can't be written (${(error as Error).message}).`);
  }
  if (isNew) rmSync(path);
  return path;
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

const ADAPTERS: readonly AdapterChoice[] = ['auto', 'hardware', 'software'];

/** `--adapter`, with FOX_ADAPTER behind it. */
export const adapterOption = (): Option =>
  new Option('--adapter <choice>', 'auto: the GPU if there is one, else a software adapter')
    .choices(ADAPTERS)
    .env('FOX_ADAPTER')
    .default('auto');

/** A repeatable option's values so far, and one more. @throws ArgumentError naming the ops and variants that exist */
export function parseVariant(text: string, before: readonly string[] = []): readonly string[] {
  parseVariants(text);
  return [...before, text];
}

/** `--variant`, with FOX_VARIANTS behind it: what `createDevice({ variants })` takes. The ops must be loaded before the parse. */
export const variantOption = (): Option =>
  new Option('--variant <op=name>', 'kernel variant to force, or <name> for all ops; repeatable')
    .env('FOX_VARIANTS')
    .argParser(parseVariant);
