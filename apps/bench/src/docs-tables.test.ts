// The docs' tables are what the reports beside them say.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { markedTables, parseReport, tablesIn } from '@vulpes/bench';
import { expect, test } from 'vitest';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');
const tables = readdirSync(docs)
  .filter((file) => file.endsWith('.md'))
  .flatMap((file) => {
    const text = readFileSync(join(docs, file), 'utf8');
    return tablesIn(text).map((table) => ({ file, ...table }));
  });

test('there are tables', () => {
  expect([...new Set(tables.map(({ file }) => file))]).toEqual(['benchmarks.md', 'pruning.md']);
});

test.each(tables)('docs/$file: $path', ({ path, block }) => {
  const report = parseReport(readFileSync(join(docs, path), 'utf8'), path);
  expect(block).toBe(markedTables(report, path));
});
