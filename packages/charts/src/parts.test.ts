// The pieces under the charts: pages, ticks, pictures, numbers.

import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { domainOf, logTicks } from './axis.ts';
import { drawValues, seriesColor } from './colors.ts';
import { htmlPage, lineChart } from './index.ts';
import { escapeText, formatNumber, formatPowerOfTwo, wrapText } from './text.ts';

const svg = lineChart({
  title: 'speed',
  x: { label: 'T' },
  y: { label: 'ms' },
  series: [{ name: 'a', points: [{ x: 1, y: 2 }] }],
});

test('a page is one file that fetches nothing and escapes all text', () => {
  const page = htmlPage({
    title: '<i>',
    subtitle: 'a & b',
    sections: [
      { heading: '<b>', text: 'One.\n\n<u>Two</u>.', svg },
      { heading: 'table', table: { columns: ['name', 'ms'], rows: [['<a>', 1.5]] } },
    ],
  });
  expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(page).toContain('<title>&lt;i&gt;</title>');
  expect(page).toContain('<h2>&lt;b&gt;</h2>\n<p>One.</p>\n<p>&lt;u&gt;Two&lt;/u&gt;.</p>');
  expect(page).toContain('<td>&lt;a&gt;</td><td class="number">1.5</td>');
  expect(page).not.toMatch(/<script|<link|@import|url\(|(?:href|src)="(?!data:)/);
  expect(page).toContain('prefers-color-scheme:dark');
  expect(page).toContain('@media print');
});

test('a page refuses to be empty, and ragged tables', () => {
  const page = (section: object) => () =>
    htmlPage({ title: 'p', sections: [{ heading: 'h', ...section }] });
  expect(() => htmlPage({ title: 'p', sections: [] })).toThrow(/at least one section/);
  expect(page({ table: { columns: ['a'], rows: [[1, 2]] } })).toThrow(/expected 1 cells .* got 2/);
});

test('control characters do not break the markup', () => {
  expect(escapeText('a\u0000\ud800"\'\n')).toBe('a\ufffd\ufffd&quot;&#39;\n');
});

test('ticks of logarithmic axes', () => {
  expect(logTicks([1024, 8192], 2)).toEqual([1024, 2048, 4096, 8192]);
  expect(logTicks([0.5, 2000], 10)).toEqual([1, 10, 100, 1000]);
  expect(logTicks([2, 200], 10)).toEqual([3, 10, 30, 100]);
  expect(logTicks([2, 12], 10)).toEqual([2, 5, 10]);
  expect(logTicks([1e-9, 1e12], 10).length).toBeLessThanOrEqual(11);
});

test('domains leave room and hold one value, too', () => {
  expect(domainOf([5, 5], { label: 'y' })).toEqual([0, 6]);
  expect(domainOf([4], { label: 'y', scale: 'log' })).toEqual([2, 8]);
  expect(domainOf([0], { label: 'y' })).toEqual([0, 1]);
});

test('values become pixels, from dark to light, what is not drawn transparent', () => {
  const isDrawn = (i: number) => i !== 1;
  const uri = drawValues([-9, 0, 1, 5], { domain: [0, 1], columns: 2, isDrawn });
  const picture = decode(Buffer.from(uri.slice('data:image/png;base64,'.length), 'base64'));
  expect([picture.width, picture.height, picture.channels]).toEqual([2, 2, 4]);
  const [dark, light] = [
    [68, 1, 84, 255],
    [253, 231, 37, 255],
  ];
  expect([...picture.data]).toEqual([dark, [0, 0, 0, 0], light, light].flat());
});

test('numbers as text', () => {
  expect([0, 1234.5, 0.01234, 1e-7, 2.5e9, 12].map(formatNumber)).toEqual([
    '0',
    '1,235',
    '0.0123',
    '1e-7',
    '2.5e+9',
    '12',
  ]);
  expect([512, 1024, 65536, 1 << 21, 1000].map(formatPowerOfTwo)).toEqual([
    '512',
    '1k',
    '64k',
    '2M',
    '1,000',
  ]);
});

test('long titles are broken at spaces', () => {
  expect(wrapText('one two three', 50, 12)).toEqual(['one two', 'three']);
});

/** Relative luminance of '#rrggbb', as WCAG 2 defines it. */
function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const c = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test('colours of series differ in lightness, too', () => {
  const sorted = [0, 1, 2, 3].map((i) => luminance(seriesColor(i))).sort((a, b) => a - b);
  for (const [i, value] of sorted.slice(1).entries()) {
    expect(value / (sorted[i] as number)).toBeGreaterThan(1.2);
  }
});
const tableOnly = (columns: readonly string[], rows: readonly (readonly string[])[]) =>
  htmlPage({ title: 'p', sections: [{ heading: 'h', table: { columns, rows } }] });

test('columns of numbers are set to the right, whatever stands with the number', () => {
  const cells = ['12', '0.392 (0.391-0.393)', '10 % *', '2.00×', '3.00× GPU', '30.0 %', '1.2e-7'];
  const page = tableOnly(
    ['name', ...cells.map((_, i) => `column ${i}`), 'dims'],
    [
      ['a', ...cells, 'B1-T1024'],
      ['b', ...cells.map(() => '-'), '2 cores, 3 GHz'],
      ['c', ...cells.map(() => ''), 'none'],
    ],
  );
  expect(page.match(/<th [^>]*class="number"/g)).toHaveLength(cells.length);
  expect(page.match(/<td class="number"/g)).toHaveLength(3 * cells.length);
  expect(page).toContain('<td class="number">10 % *</td>');
});

test('long texts may be broken into lines', () => {
  const why = 'left out by the time budget of 85 s';
  const page = tableOnly(
    ['runner', 'why'],
    [
      ['ours', why],
      ['ours', 'short'],
      ['theirs', why],
    ],
  );
  expect(page).toContain(`<tr><td>ours</td><td class="text">${why}</td></tr>`);
});

test('several charts stand side by side, and what scrolls can be reached by keyboard', () => {
  const page = htmlPage({
    title: 'p',
    sections: [
      { heading: 'one', svg },
      { heading: 'two', svg: [svg, svg], table: { columns: ['a'], rows: [[1]] } },
    ],
  });
  expect(page.match(/<div class="charts">/g)).toHaveLength(1);
  expect(page.match(/<figure tabindex="0"><svg /g)).toHaveLength(3);
  expect(page).toContain('<div class="wide" role="region" tabindex="0" aria-label="two">');
});
