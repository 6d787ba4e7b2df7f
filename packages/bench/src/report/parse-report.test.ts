import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseReport } from './parse-report.ts';
import { exampleReport } from './report.fixture.ts';

const folder = new URL('../../../../docs/reports/', import.meta.url);
const stored = readdirSync(folder).filter((name) => name.endsWith('.json'));
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');

test('what was written is what is read', () => {
  expect(parseReport(JSON.stringify(exampleReport), 'x.json')).toEqual(exampleReport);
});

// The report of schema 1 stays as it was written; nothing reads it.
test.each(stored.filter((name) => !name.includes('h100-bench')))('docs/reports/%s', (name) => {
  expect(JSON.parse(read(name))).toMatchObject(parseReport(read(name), name));
});

test.each([
  [{ ...exampleReport, schema: 'vulpes-bench/1' }, '"vulpes-bench/1" for schema'],
  [{ ...exampleReport, cases: undefined }, 'undefined for cases'],
  [{ ...exampleReport, notMeasured: {} }, 'Object for notMeasured'],
  [{ ...exampleReport, cases: [{ id: 3 }] }, '3 for cases.0.id'],
  [null, 'null for the file'],
])('a report with a wrong field: %#', (report, got) => {
  expect(() => parseReport(JSON.stringify(report), 'x.json')).toThrow(`, got ${got} (expected `);
});

test('a file that is not JSON', () => {
  expect(() => parseReport('{', 'x.json')).toThrow(/^bench: expected x\.json to be JSON/);
});
