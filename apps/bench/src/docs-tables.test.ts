// The docs' tables and pictures are made from the reports beside them.

import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { parseReport, reportCharts, reportMarkdown } from '@vulpes/bench';
import { expect, test } from 'vitest';

const docs = join(import.meta.dirname, '..', '..', '..', 'docs');
const names = readdirSync(join(docs, 'reports'))
  .filter((file) => file.endsWith('.md'))
  .map((file) => file.replace(/md$/, 'json'));

test('there are tables', () => {
  expect(names.length).toBeGreaterThan(9);
});

test.each(names)('docs/reports/%s: its tables', (name) => {
  const file = join(docs, 'reports', name);
  const markdown = reportMarkdown(parseReport(readFileSync(file, 'utf8'), name), name);
  expect(readFileSync(file.replace(/json$/, 'md'), 'utf8')).toBe(markdown);
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
