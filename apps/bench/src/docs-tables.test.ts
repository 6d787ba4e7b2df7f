// The docs' tables and pictures are what the reports beside them say.

import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { markedTables, parseReport, reportCharts, tablesIn } from '@vulpes/bench';
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

/** `pictures/REPORT/CHART.svg`, as `bench page REPORT --pictures` writes them. */
const pictures = readdirSync(join(docs, 'pictures'), { recursive: true, encoding: 'utf8' })
  .map((path) => path.split(sep))
  .filter((parts) => parts.length === 2) as [string, string][];

test('there are pictures', () => {
  expect(pictures).not.toHaveLength(0);
});

test.each(pictures)('docs/pictures/%s/%s', async (folder, file) => {
  const path = join(docs, 'reports', `${folder}.json`);
  const charts = await reportCharts(parseReport(readFileSync(path, 'utf8'), path));
  const { svg } = charts.find(({ name }) => `${name}.svg` === file) ?? {};
  expect(readFileSync(join(docs, 'pictures', folder, file), 'utf8')).toBe(svg);
});
