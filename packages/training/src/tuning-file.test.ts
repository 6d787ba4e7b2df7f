// Tuning tables as files: what is written is read, and a bad one is refused with what to do.

import {
  ArgumentError,
  adapterKey,
  type TuningTable,
  tuningFingerprint,
} from '@vulpes/tensor-core';
import { makeCaps } from '@vulpes/tensor-core/testing';
import { matmulFingerprint } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import { decodeTuning, encodeTuning, getTuning, noteOtherTuning } from './tuning-file.ts';

const row = {
  ...{ variant: 'matrix', form: 'tn', dtype: 'f16', m: 768, n: 768, k: 16384 },
  ...{ tile: 'large', splits: 7, microseconds: 102.1 },
} as const;
const table: TuningTable = {
  adapter: adapterKey(makeCaps()),
  kernels: matmulFingerprint(),
  matmul: [row],
};

test('a table is read as it was written', () => {
  expect(decodeTuning(encodeTuning(table), 'a.json')).toEqual(table);
});

test('times do not count in the fingerprint, choices do', () => {
  const of = (other: Partial<typeof row>) =>
    tuningFingerprint({ ...table, matmul: [{ ...row, ...other } as never] });
  expect(of({ microseconds: 3 } as never)).toBe(tuningFingerprint(table));
  expect(of({ splits: 8 } as never)).not.toBe(tuningFingerprint(table));
});

test('a resumed run says that its table is another one', () => {
  const now = getTuning(makeCaps({ tuning: table }));
  expect(now).toBe(tuningFingerprint(table));
  expect(getTuning(makeCaps())).toBeNull();
  expect([...noteOtherTuning(now, now), ...noteOtherTuning(null, null)]).toEqual([]);
  expect(noteOtherTuning(null, 'abc')).toEqual([
    'The run had no tuning table and continues with tuning table abc: losses may differ in the last digits.',
  ]);
});

const messageOf = (text: string): string => {
  try {
    decodeTuning(text, 'a.json');
  } catch (error) {
    expect(error).toBeInstanceOf(ArgumentError);
    return (error as Error).message.replaceAll(matmulFingerprint(), 'THESE');
  }
  throw new Error('expected an error, got a table');
};

test('a file that is no table says what is wrong and what to do', () => {
  const json = (of: object) => JSON.stringify({ format: 'vulpes-tuning-1', ...table, ...of });
  expect([
    messageOf('{"format":'),
    messageOf('[]'),
    messageOf(json({ format: 'vulpes-tuning-0' })),
    messageOf(json({ matmul: [{ ...row, splits: 0 }] })),
    messageOf(json({ matmul: [{ ...row, form: 'tx' }] })),
    messageOf(json({ kernels: 'abc' })),
  ]).toMatchInlineSnapshot(`
    [
      "a.json: expected JSON, got other text. Measure again with npm run doctor -- --tune, or leave the table out.",
      "a.json, field "format": expected a value, got nothing. Measure again with npm run doctor -- --tune, or leave the table out.",
      "a.json, field "format": expected "vulpes-tuning-1", got "vulpes-tuning-0". Measure again with npm run doctor -- --tune, or leave the table out.",
      "a.json, field "matmul.0.splits": expected a whole number ≥ 1, got 0. Measure again with npm run doctor -- --tune, or leave the table out.",
      "a.json, field "matmul.0.form": expected one of nn, nt, tn, tt, got "tx". Measure again with npm run doctor -- --tune, or leave the table out.",
      "a.json: expected a table of these kernels (THESE), got one of others (abc), whose times say nothing here. Measure again with npm run doctor -- --tune, or leave the table out.",
    ]
  `);
});
