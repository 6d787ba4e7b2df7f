// A tuning table as a file: what `doctor --tune` writes and `createDevice({ tuning })` takes.

import {
  ArgumentError,
  type DeviceCaps,
  type TuningTable,
  tuningFingerprint,
} from '@vulpes/tensor-core';
import { matmulFingerprint } from '@vulpes/wgsl-kernels';
import * as v from 'valibot';
import { count, findProblem, notNegative, text } from './schema.ts';

const FORMAT = 'vulpes-tuning-1';

const rowSchema = v.object({
  variant: v.picklist(['matrix', 'tiled'], '"matrix" or "tiled"'),
  form: v.picklist(['nn', 'nt', 'tn', 'tt'], 'one of nn, nt, tn, tt'),
  dtype: v.picklist(['f16', 'f32'], '"f16" or "f32"'),
  ...{ m: count, n: count, k: count },
  tile: text,
  splits: count,
  microseconds: notNegative,
});

const tuningSchema = v.object({
  format: v.literal(FORMAT, `"${FORMAT}"`),
  adapter: text,
  kernels: text,
  matmul: v.array(rowSchema, 'a list of rows'),
});

export const encodeTuning = (table: TuningTable): string =>
  `${JSON.stringify({ format: FORMAT, ...table }, null, 2)}\n`;

const AGAIN = 'Measure again with npm run doctor -- --tune, or leave the table out.';

/**
 * @param what - the file, for messages
 * @throws ArgumentError where the text is no table, or one of other kernels; that it is of another adapter is found by `createDevice`
 */
export function decodeTuning(json: string, what: string): TuningTable {
  const value = parseJson(json, what);
  const problem = findProblem(tuningSchema, value);
  if (problem) {
    const { field, expected, got } = problem;
    const where = field === null ? what : `${what}, field "${field}"`;
    throw new ArgumentError(`${where}: expected ${expected}, got ${got}. ${AGAIN}`);
  }
  const { adapter, kernels, matmul } = v.parse(tuningSchema, value);
  const expected = matmulFingerprint();
  if (kernels !== expected) {
    throw new ArgumentError(
      `${what}: expected a table of these kernels (${expected}), got one of others (${kernels}), whose times say nothing here. ${AGAIN}`,
    );
  }
  return { adapter, kernels, matmul };
}

function parseJson(json: string, what: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new ArgumentError(`${what}: expected JSON, got other text. ${AGAIN}`, { cause });
  }
}

/** What says which table divides the products; null without one. */
export const getTuning = ({ tuning }: Pick<DeviceCaps, 'tuning'>): string | null =>
  tuning && tuningFingerprint(tuning);

/** For a run that is resumed: parts of K change the last bits of sums. */
export const noteOtherTuning = (before: string | null, now: string | null): string[] =>
  before === now
    ? []
    : [
        `The run had ${nameTuning(before)} and continues with ${nameTuning(now)}: losses may differ in the last digits.`,
      ];

const nameTuning = (tuning: string | null): string =>
  tuning === null ? 'no tuning table' : `tuning table ${tuning}`;
