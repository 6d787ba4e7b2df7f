// The docs' tables are what the reports beside them say.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markedTables, parseReport, tablesIn } from '@vulpes/bench';
import { expect, test } from 'vitest';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');
const tables = tablesIn(readFileSync(join(docs, 'benchmarks.md'), 'utf8'));

test('there are tables', () => {
  expect(tables.length).toBeGreaterThan(0);
});

test.each(tables)('docs/benchmarks.md: $path', ({ path, block }) => {
  const report = parseReport(readFileSync(join(docs, path), 'utf8'), path);
  expect(block).toBe(markedTables(report, path));
});
