// Each chart: what it draws, what it escapes, and what it refuses.

import { DOMParser } from 'linkedom';
import { describe, expect, test } from 'vitest';
import { ChartError, heatmap, lineChart, rowBars } from './index.ts';

const HOSTILE = '<script>alert("&")</script>';
const title = HOSTILE;
const tokens = { label: HOSTILE, unit: 'tokens', domain: [0, 2] as const };
const line = (y: number) => ({
  title,
  x: { label: 'T', scale: 'log' as const, base: 2 as const },
  y: { label: 'time', unit: 'ms', scale: 'log' as const },
  series: [
    {
      name: HOSTILE,
      points: [
        { x: 1024, y, low: y / 2, high: y * 2 },
        { x: 65536, y: 9 },
      ],
    },
    { name: 'bound', points: [{ x: 1024, y: 1 }] },
  ],
});
const ratios = (value: number) => ({
  title,
  x: { label: 'its time / ours', scale: 'log' as const },
  rows: [
    { group: HOSTILE, name: HOSTILE, kind: 'GPU time', value },
    { group: HOSTILE, name: 'other', kind: 'wall time', value: 0.25 },
  ],
});
const heat = (value: number) => ({
  title,
  x: tokens,
  y: tokens,
  color: { label: HOSTILE, domain: [-40, 0] as const },
  columns: 2,
  isCausal: true,
  panels: [
    {
      name: HOSTILE,
      values: [0, Number.NaN, value, 0],
      lines: {
        paper: [
          { x: 0, y: 0 },
          { x: 1, y: 2 },
        ],
      },
    },
  ],
});
const spreads = (value: number) => ({
  title,
  x: { label: 'half-life', scale: 'log' as const },
  rows: [
    {
      ...{ group: HOSTILE, name: HOSTILE, kind: 'median', value },
      spread: [1, 2, 4, 50] as const,
    },
  ],
});

const charts: [string, (value: number) => string][] = [
  ['lineChart', (value) => lineChart(line(value))],
  ['rowBars', (value) => rowBars(ratios(value))],
  ['rowBars', (value) => rowBars(spreads(value))],
  ['heatmap', (value) => heatmap(heat(value))],
];

describe.each(charts)('%s', (name, draw) => {
  test('is one SVG that stands alone', () => {
    const svg = draw(3);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" .*<\/svg>$/s);
    expect(svg).not.toMatch(/(?:href|src)="(?!data:)/);
    expect(svg).not.toContain('NaN');
    const tree = new DOMParser().parseFromString(svg, 'image/svg+xml');
    const [first, second] = tree.documentElement?.children ?? [];
    expect([first?.tagName, first?.textContent]).toEqual(['title', title]);
    expect(second?.tagName).toBe('desc');
    expect(second?.textContent?.length).toBeGreaterThan(20);
  });

  test('shows text of others as text', () => {
    expect(draw(3)).not.toContain('<script');
    expect(draw(3)).toContain('&lt;script&gt;');
  });

  test('gives the same picture for the same data', () => {
    expect(draw(3)).toBe(draw(3));
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(() => draw(value)).toThrow(ChartError);
    expect(() => draw(value)).toThrow(new RegExp(`^${name} ".*": expected .* got ${value}`));
  });
});

test.each([
  () => lineChart({ ...line(1), series: [] }),
  () => lineChart({ ...line(1), series: [{ name: 'a', points: [] }] }),
  () => rowBars({ ...ratios(1), rows: [] }),
  () => heatmap({ ...heat(0), panels: [] }),
])('nothing to draw is an error (%#)', (draw) => {
  expect(draw).toThrow(/expected at least one of .* got none\. Leave it out\./);
});

test('the words of a chart tell its numbers', () => {
  const words = (svg: string) => /<desc>(.*?)<\/desc>/s.exec(svg)?.[1];
  expect(words(lineChart({ ...line(3), title: 't' }))).toContain(
    '3 (1.5 to 6) ms at 1024, then 9 ms at 65536',
  );
  expect(words(rowBars(ratios(2)))).toContain('other: 0.25 (wall time)');
});

test('zero has no place on a logarithmic axis', () => {
  expect(() => lineChart(line(0))).toThrow(/expected time > 0 on a logarithmic axis, got 0/);
  expect(() => rowBars(ratios(0))).toThrow(/expected .* > 0 on a logarithmic axis, got 0/);
});

test('a heat map refuses sizes that disagree', () => {
  expect(() => heatmap({ ...heat(0), columns: 3 })).toThrow(/expected rows of 3 values .* got 4/);
});

test('a heat map writes its values and names its rows where it is asked to', () => {
  const axis = (...names: string[]) => ({
    label: 'head',
    names,
    domain: [0, names.length] as const,
  });
  const [x, y] = [axis('a', 'b'), axis('layer 7')];
  const panels = [{ name: 'kept', values: [12, 34] }];
  const svg = heatmap({ ...heat(0), isCausal: false, x, y, panels, formatCell: (v) => `${v}%` });
  for (const text of ['12%', '34%', 'a', 'b', 'layer 7']) expect(svg).toContain(`>${text}</text>`);
});

test('a spread is a dot on two lines, and tells its value', () => {
  const tree = new DOMParser().parseFromString(rowBars(spreads(3)), 'image/svg+xml');
  const lines = [...tree.querySelectorAll('line')].filter((line) =>
    ['1.5', '5'].includes(line.parentElement?.getAttribute('stroke-width') ?? ''),
  );
  expect(lines).toHaveLength(2);
  expect(tree.querySelector('circle title')?.textContent).toContain('3 (median)');
  expect(() => rowBars(spreads(0))).toThrow(/> 0 on a logarithmic axis/);
});

/** Attribute numbers and colours of the bars of a chart, by what they tell when pointed at. */
function barsIn(svg: string): Map<string, { width: number; fill: string }> {
  const tree = new DOMParser().parseFromString(svg, 'image/svg+xml');
  const rects = [...tree.querySelectorAll('rect')].filter((rect) => rect.querySelector('title'));
  return new Map(
    rects.map((rect) => [
      rect.querySelector('title')?.textContent ?? '',
      { width: Number(rect.getAttribute('width')), fill: rect.getAttribute('fill') ?? '' },
    ]),
  );
}

test('bars on a logarithmic axis go from 1, as long for twice as for half', () => {
  const row = (name: string, value: number) => ({ group: 'case', name, kind: 'GPU time', value });
  const rows = [row('twice', 2), row('half', 0.5), row('eight', 8)];
  const bars = barsIn(rowBars({ ...ratios(1), rows }));
  const width = (text: string) => bars.get(text)?.width ?? Number.NaN;
  expect(width('case, half: 0.5 (GPU time)')).toBeCloseTo(width('case, twice: 2 (GPU time)'));
  expect(width('case, eight: 8 (GPU time)')).toBeCloseTo(3 * width('case, twice: 2 (GPU time)'));
});

test('bars on a linear axis go from 0; rows of one kind share a colour', () => {
  const row = (name: string, kind: string, value: number) => ({ group: 'g', name, kind, value });
  const rows = [row('a', 'share', 10), row('b', 'share', 40), row('c', 'rest', 20)];
  const bars = barsIn(rowBars({ title: 't', x: { label: 'share', unit: '%' }, rows }));
  const bar = (text: string) => bars.get(text) ?? expect.fail(text);
  expect(bar('g, b: 40 (share)').width).toBeCloseTo(4 * bar('g, a: 10 (share)').width);
  expect(bar('g, a: 10 (share)').fill).toBe(bar('g, b: 40 (share)').fill);
  expect(bar('g, a: 10 (share)').fill).not.toBe(bar('g, c: 20 (rest)').fill);
});
