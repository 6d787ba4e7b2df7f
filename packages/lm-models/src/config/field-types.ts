// What a field of a configuration can be. Each type carries the words that an error uses for it.

import * as v from 'valibot';

const numberAbove0 = v.pipe(v.number(), v.finite(), v.gtValue(0));

export const positiveInteger = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(1),
  v.description('a positive integer'),
);
/** Where more would only be damage: each one costs memory before anything is compared. */
export const integerUpTo = (most: number) =>
  v.pipe(positiveInteger, v.maxValue(most), v.description(`a positive integer up to ${most}`));
export const tokenId = v.pipe(
  v.number(),
  v.safeInteger(),
  v.minValue(0),
  v.description('an integer ≥ 0'),
);
export const positive = v.pipe(numberAbove0, v.description('a positive number'));
export const negative = v.pipe(
  v.number(),
  v.finite(),
  v.ltValue(0),
  v.description('a negative number'),
);
export const twoPositive = v.pipe(
  v.strictTuple([numberAbove0, numberAbove0]),
  v.readonly(),
  v.description('two positive numbers'),
);
export const flag = v.pipe(v.boolean(), v.description('true or false'));

export const oneOf = <const Words extends readonly string[]>(...words: Words) =>
  v.pipe(v.picklist(words), v.description(words.map((word) => `"${word}"`).join(' or ')));

export const orNull = <const Schema extends v.GenericSchema>(schema: Schema) =>
  v.pipe(v.nullable(schema), v.description(`${v.getDescription(schema)}, or null`));
