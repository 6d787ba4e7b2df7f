// Parsers of option values: numbers in a range, and words that stand for none.

import { InvalidArgumentError } from 'commander';

/** Makes a parser that commander calls with the argument's text. */
const numberParser =
  (expected: string, accepts: (value: number) => boolean) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value) && accepts(value)) return value;
    throw new InvalidArgumentError(`Expected ${expected}.`);
  };

const orOff =
  (parse: (text: string) => number) =>
  (text: string): number | 'off' =>
    text === 'off' ? 'off' : parse(text);

export const count = numberParser(
  'a whole number of at least 1',
  (value) => Number.isSafeInteger(value) && value >= 1,
);
export const countOrZero = numberParser(
  'a whole number of at least 0',
  (value) => Number.isSafeInteger(value) && value >= 0,
);
export const notNegative = numberParser('a number of at least 0', (value) => value >= 0);
export const positiveOrOff = orOff(numberParser('a number above 0, or off', (value) => value > 0));
export const negativeOrOff = orOff(numberParser('a number below 0, or off', (value) => value < 0));
export const countOrOff = orOff(
  numberParser(
    'a whole number of at least 1, or off',
    (value) => Number.isSafeInteger(value) && value >= 1,
  ),
);

export function notEmpty(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Expected at least one character.');
}
