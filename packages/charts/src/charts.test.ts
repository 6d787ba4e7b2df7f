// Each chart: what it draws, what it escapes, and what it refuses.

import { DOMParser } from 'linkedom';
import { describe, expect, test } from 'vitest';
import {
  barChart,
  ChartError,
  heatmap,
  histogram,
  intervalPlot,
  lineChart,
  ratioBars,
  roofline,
  stackedBars,
} from './index.ts';

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
    { name: 'bound', points: [{ x: 1024, y: 1 }], dashed: true },
  ],
});
const roof = (reached: number) => ({
  title,
  y: { label: 'speed', unit: 'GFLOP/s' },
  peak: { reached: 50_000, text: 'peak' },
  bandwidth: { perFlopPerByte: 3000, text: 'bandwidth' },
  points: [{ name: HOSTILE, group: 'g', variant: 'v', flopsPerByte: 2, reached }],
});
const ratios = (ratio: number) => ({
  title,
  label: 'its time / ours',
  sides: ['faster', 'slower'] as const,
  rows: [
    { group: HOSTILE, name: HOSTILE, kind: 'GPU clock', ratio },
    { group: HOSTILE, name: 'other', kind: 'wall clock', ratio: 0.25 },
  ],
});
const stack = (value: number) => ({
  title,
  x: { label: 'time', unit: 'ms' },
  bars: [
    {
      name: HOSTILE,
      parts: [
        { name: HOSTILE, family: 'f', value },
        { name: 'b', family: HOSTILE, value: 5 },
      ],
    },
  ],
});
const heat = (value: number) => ({
  title,
  x: tokens,
  y: tokens,
  color: { label: HOSTILE, domain: [-40, 0] as const },
  panels: [
    {
      name: HOSTILE,
      values: [0, Number.NaN, value, 0],
      mask: [1, 0, 1, 1],
      rows: 2,
      columns: 2,
      lines: [
        {
          name: 'paper',
          points: [
            { x: 0, y: 0 },
            { x: 1, y: 2 },
          ],
        },
      ],
    },
  ],
});
const bars = (value: number) => ({
  title,
  groupLabel: 'head',
  y: { label: 'kept', unit: '%' },
  series: [HOSTILE, 'certified'],
  rows: [{ name: 'layer 0', groups: [{ name: HOSTILE, values: [value, 5] }] }],
});
const counts = (value: number) => ({
  title,
  x: { label: 'half-life', scale: 'log' as const },
  countLabel: HOSTILE,
  values: [1, value, 100],
});
const interval = (median: number) => ({
  title,
  x: { label: 'half-life', scale: 'log' as const },
  rows: [{ name: HOSTILE, group: 'a', p10: 1, p25: 2, median, p75: 4, p90: 50 }],
});

const charts: [string, (value: number) => string][] = [
  ['lineChart', (value) => lineChart(line(value))],
  ['roofline', (value) => roofline(roof(value))],
  ['stackedBars', (value) => stackedBars(stack(value))],
  ['ratioBars', (value) => ratioBars(ratios(value))],
  ['heatmap', (value) => heatmap(heat(value))],
  ['barChart', (value) => barChart(bars(value))],
  ['histogram', (value) => histogram(counts(value))],
  ['intervalPlot', (value) => intervalPlot(interval(value))],
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
  () => roofline({ ...roof(1), points: [] }),
  () => stackedBars({ ...stack(1), bars: [] }),
  () => ratioBars({ ...ratios(1), rows: [] }),
  () => heatmap({ ...heat(0), panels: [] }),
  () => barChart({ ...bars(1), rows: [] }),
  () => histogram({ ...counts(1), values: [] }),
  () => intervalPlot({ ...interval(3), rows: [] }),
])('nothing to draw is an error (%#)', (draw) => {
  expect(draw).toThrow(/expected at least one of .* got none\. Leave the chart out\./);
});

test('the words of a chart tell its numbers', () => {
  const words = (svg: string) => /<desc>(.*?)<\/desc>/s.exec(svg)?.[1];
  expect(words(lineChart({ ...line(3), title: 't' }))).toContain(
    '3 (1.5 to 6) ms at 1024, then 9 ms at 65536',
  );
  expect(words(ratioBars(ratios(2)))).toContain('other: 0.25× (wall clock)');
  expect(words(roofline(roof(100)))).toContain('ridge at 16.7 FLOPs per byte');
});

test('zero has no place on a logarithmic axis, and a part is not negative', () => {
  expect(() => lineChart(line(0))).toThrow(/y of .* > 0 on a logarithmic axis, got 0/);
  expect(() => stackedBars(stack(-1))).toThrow(/expected .* to be at least 0, got -1/);
});

test('a heat map refuses sizes that disagree', () => {
  const chart = heat(0);
  const panels = [{ ...chart.panels[0]!, rows: 3 }];
  expect(() => heatmap({ ...chart, panels })).toThrow(/expected 3 × 2 values .* got 4 and 4/);
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

test('stacked bars name every part of half a percent, give it one colour, and sum up the rest of each family', () => {
  const bar = (name: string, first: number) => ({
    name,
    parts: [
      { name: 'large', family: 'f', value: first, text: `large of ${name}` },
      ...['a', 'b', 'c'].map((part) => ({ name: part, family: 'f', value: 0.4 })),
      { name: 'alone', family: 'g', value: 0.1 },
      { name: 'other', family: 'h', value: 98.7 - first },
    ],
  });
  const svg = stackedBars({
    title: 'step',
    x: { label: 'time', unit: 'ms' },
    bars: [bar('run 1', 60), bar('run 2', 20)],
    families: ['h', 'f'],
  });
  const bars = barsIn(svg);
  expect(bars.get('large of run 1')?.fill).toBe(bars.get('large of run 2')?.fill);
  expect(bars.get('a: 0.4 ms\nb: 0.4 ms\nc: 0.4 ms')).toBeDefined();
  const keys = [...svg.matchAll(/<text x="26" y="11" font-size="12">(.*?)<\/text>/g)];
  expect(keys.map(([, name]) => name)).toEqual(['other', 'large', 'rest (3)', 'alone']);
  const fills = new Set([...bars.values()].map(({ fill }) => fill));
  expect(fills.size).toBe(4);
});

test('the bars of ratios go from 1, as long for twice as for half', () => {
  const row = (name: string, ratio: number) => ({ group: 'case', name, kind: 'GPU clock', ratio });
  const rows = [row('twice', 2), row('half', 0.5), row('eight', 8)];
  const bars = barsIn(ratioBars({ ...ratios(1), rows }));
  const width = (text: string) => bars.get(text)?.width ?? Number.NaN;
  expect(width('case, half: 0.5× (GPU clock)')).toBeCloseTo(width('case, twice: 2× (GPU clock)'));
  expect(width('case, eight: 8× (GPU clock)')).toBeCloseTo(
    3 * width('case, twice: 2× (GPU clock)'),
  );
});

/** Numbers of a roofline's points, with the middle of their text in pixels. */
function numbersIn(svg: string): { key: string; x: number; y: number }[] {
  const tree = new DOMParser().parseFromString(svg, 'image/svg+xml');
  return [...tree.querySelectorAll('.numbers text')].map((text) => {
    const at = /translate\((.*?),(.*?)\)/.exec(text.getAttribute('transform') ?? '');
    return { key: text.textContent ?? '', x: Number(at?.[1]), y: Number(at?.[2]) };
  });
}

test.each([
  ['in one place', 24, () => [2, 100]],
  ['at the ridge', 24, (i: number) => [16 + i / 10, 49_000]],
  ['spread', 40, (i: number) => [2 ** (i % 8), 50 * 3 ** (i % 5)]],
] as const)('a roofline numbers points %s, no number over another', (_, count, at) => {
  const points = Array.from({ length: count }, (_, i) => {
    const [flopsPerByte = 1, reached = 1] = at(i);
    return { name: `kernel-${i}`, group: `g${i % 3}`, variant: `v${i % 4}`, flopsPerByte, reached };
  });
  const svg = roofline({ ...roof(100), points });
  const numbers = numbersIn(svg);
  expect(numbers.map(({ key }) => key)).toEqual(points.map((_, i) => String(i + 1)));
  for (const [i, a] of numbers.entries()) {
    for (const b of numbers.slice(i + 1)) {
      // A digit of 10 px is at most 6.4 px wide (bold), its line 10 px high.
      const isApart =
        Math.abs(a.x - b.x) >= 3.2 * (a.key.length + b.key.length) || Math.abs(a.y - b.y) >= 10;
      expect(isApart, `${a.key} and ${b.key}`).toBe(true);
    }
  }
  for (const { name } of points) expect(svg).toContain(`>${name}</text>`);
  expect(svg.match(/<title>\d+ kernel-\d+: /g)).toHaveLength(count);
});

test('a roofline tells variants by marks and groups by colours', () => {
  const point = (group: string, variant: string) => ({
    ...{ name: `${group} ${variant}`, group, variant, flopsPerByte: 2, reached: 100 },
  });
  const points = [point('a', 'dense'), point('a', 'paper'), point('b', 'recompute')];
  const svg = roofline({ ...roof(100), points });
  const tree = new DOMParser().parseFromString(svg, 'image/svg+xml');
  const marks = [...tree.querySelectorAll('.point path, .point circle')].map((mark) => ({
    name: mark.querySelector('title')?.textContent?.split(': ')[0],
    fill: mark.getAttribute('fill'),
    shape: mark.getAttribute('d') ?? mark.tagName,
  }));
  const of = (name: string) => marks.find((mark) => mark.name === name);
  expect(of('1 a dense')?.fill).toBe(of('2 a paper')?.fill);
  expect(of('1 a dense')?.shape).not.toBe(of('2 a paper')?.shape);
  expect(of('1 a dense')?.fill).not.toBe(of('3 b recompute')?.fill);
  expect(of('1 a dense')?.shape).toBe(of('3 b recompute')?.shape);
  expect(svg).toContain('>dense, recompute</text>');
});
