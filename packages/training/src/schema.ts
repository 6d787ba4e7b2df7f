// Values of unknown shape, checked by a schema: the error names the place, what was expected and what came.

import { CheckpointError, describeValue, parseJson } from '@vulpes/tensor-core';
import * as v from 'valibot';

const wholeNumber = (min: number) => {
  const expected = `a whole number ≥ ${min}`;
  return v.pipe(v.number(expected), v.safeInteger(expected), v.minValue(min, expected));
};

/** Number schemas; each message is what was expected. */
export const count = wholeNumber(1);
export const countOrZero = wholeNumber(0);
export const finite = v.pipe(v.number('a number'), v.finite('a number'));
export const notNegative = v.pipe(
  v.number('a number ≥ 0'),
  v.finite('a number ≥ 0'),
  v.minValue(0, 'a number ≥ 0'),
);
export const positive = v.pipe(
  v.number('a number > 0'),
  v.finite('a number > 0'),
  v.gtValue(0, 'a number > 0'),
);
export const text = v.string('a string');
/** A share of something. */
export const share = v.pipe(
  v.number('a number above 0 and up to 1'),
  v.gtValue(0, 'a number above 0 and up to 1'),
  v.maxValue(1, 'a number above 0 and up to 1'),
);
export const shareOrZero = v.pipe(
  v.number('a number from 0 to 1'),
  v.minValue(0, 'a number from 0 to 1'),
  v.maxValue(1, 'a number from 0 to 1'),
);
export const shareBelow1 = v.pipe(
  v.number('a number from 0 to below 1'),
  v.minValue(0, 'a number from 0 to below 1'),
  v.ltValue(1, 'a number from 0 to below 1'),
);
export const oneOf = <const Words extends readonly string[]>(words: Words) =>
  v.picklist(words, `one of ${words.join(', ')}`);

export interface Problem {
  /** Dotted, such as "rng.seed"; null for the value itself. */
  readonly field: string | null;
  readonly expected: string;
  readonly got: string;
}

/** The first place where a value does not fit, or null. */
export function findProblem(schema: v.GenericSchema, value: unknown): Problem | null {
  const issue = v.safeParse(schema, value, { abortEarly: true }).issues?.[0];
  return issue ? describeIssue(issue) : null;
}

function describeIssue(issue: v.BaseIssue<unknown>): Problem {
  return {
    field: v.getDotPath(issue),
    expected: DEFAULT_MESSAGES[issue.message.slice(0, 12)] ?? issue.message,
    got: describeValue(issue.input),
  };
}

/** Objects need no message of their own: valibot's are "Invalid key: …" and "Invalid type: …". */
const DEFAULT_MESSAGES: Readonly<Record<string, string>> = {
  'Invalid key:': 'a value',
  'Invalid type': 'an object',
};

/**
 * Reads a JSON file of ours. Fields that the schema lacks are left out.
 * @param options - what: the file, for messages; format: value of its field "format"
 * @throws CheckpointError
 */
export function decodeJson<S extends v.GenericSchema>(
  bytes: Uint8Array,
  { schema, format, what }: { schema: S; format: string; what: string },
): v.InferOutput<S> {
  const value = parseJson(new TextDecoder().decode(bytes), what);
  const header = v.safeParse(v.object({ format: v.literal(format) }), value);
  if (!header.success) {
    const got = describeValue((value as { format?: unknown } | null)?.format);
    throw new CheckpointError(
      `${what}: expected format ${format}, got ${got}. It was saved by another version.`,
    );
  }
  return decode(schema, value, what);
}

/** @throws CheckpointError naming the field of `what` */
export function decode<S extends v.GenericSchema>(
  schema: S,
  value: unknown,
  what: string,
): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const { field, expected, got } = describeIssue(result.issues[0]);
  const where = field === null ? what : `${what}, field "${field}"`;
  throw new CheckpointError(`${where}: expected ${expected}, got ${got}. Restore the file.`);
}
