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
const roof = (gflopsPerSecond: number) => ({
  title,
  peakGflopsPerSecond: 50_000,
  bandwidthGbPerSecond: 3000,
  points: [{ name: HOSTILE, group: 'g', flopsPerByte: 2, gflopsPerSecond }],
});
const stack = (value: number) => ({
  title,
  x: { label: 'time', unit: 'ms' },
  bars: [
    {
      name: HOSTILE,
      parts: [
        { name: HOSTILE, value },
        { name: 'b', value: 5 },
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
    expect(tree.documentElement?.querySelector('title')?.textContent).toBe(title);
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
  () => heatmap({ ...heat(0), panels: [] }),
  () => barChart({ ...bars(1), rows: [] }),
  () => histogram({ ...counts(1), values: [] }),
  () => intervalPlot({ ...interval(3), rows: [] }),
])('nothing to draw is an error (%#)', (draw) => {
  expect(draw).toThrow(/expected at least one of .* got none\. Leave the chart out\./);
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

test('stacked bars sum up the parts beyond the seventh', () => {
  const parts = Array.from({ length: 9 }, (_, i) => ({ name: `kernel-${i}`, value: 9 - i }));
  const svg = stackedBars({ title: 'step', x: { label: 'ms' }, bars: [{ name: 'run', parts }] });
  expect(svg).toContain('other: 3');
  expect(svg).toContain('kernel-6');
  expect(svg).not.toContain('kernel-7');
});

test('a roofline names points while there is room, and tells all names on pointing', () => {
  const points = Array.from({ length: 20 }, (_, i) => ({
    ...{ name: `kernel-${i}`, group: 'g', flopsPerByte: 2 },
    gflopsPerSecond: 100 + i,
  }));
  const svg = roofline({ ...roof(100), points });
  expect(svg.match(/>kernel-\d+</g)?.length).toBeLessThan(8);
  expect(svg).toContain('>kernel-19<');
  expect(svg.match(/>kernel-\d+: /g)?.length).toBe(20);
});
