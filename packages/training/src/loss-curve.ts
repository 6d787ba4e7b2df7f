// The loss curve of a run as an SVG picture: training loss thin, its running mean thick, held-out loss as points.

import type { Metrics } from './metrics-log.ts';

const WIDTH = 720;
const HEIGHT = 360;
const MARGIN = { left: 56, right: 16, top: 16, bottom: 44 };
const SMOOTHING = 0.05;

type Point = readonly [x: number, y: number];

/** Empty metrics give an empty frame. */
export function lossCurveSvg(metrics: readonly Metrics[]): string {
  const train = metrics.flatMap((line): Point[] =>
    line.type === 'step' ? [[line.step, line.loss]] : [],
  );
  const heldOut = metrics.flatMap((line): Point[] =>
    line.type === 'evaluation' ? [[line.step, line.heldOutLoss]] : [],
  );
  const all = [...train, ...heldOut];
  const lastStep = all.reduce((max, [step]) => Math.max(max, step), 1);
  const lowest = all.reduce((min, [, loss]) => Math.min(min, loss), 6);
  const highest = all.reduce((max, [, loss]) => Math.max(max, loss), 1);
  const x = axis(0, lastStep, [MARGIN.left, WIDTH - MARGIN.right]);
  const y = axis(Math.floor(lowest * 2) / 2, Math.ceil(highest * 2) / 2, [
    HEIGHT - MARGIN.bottom,
    MARGIN.top,
  ]);
  const line = (points: readonly Point[], style: string) =>
    `<polyline fill="none" ${style} points="${thinned(points)
      .map(([step, loss]) => `${fixed(x.at(step))},${fixed(y.at(loss))}`)
      .join(' ')}"/>`;
  const dots = thinned(heldOut).map(
    ([step, loss]) =>
      `<circle cx="${fixed(x.at(step))}" cy="${fixed(y.at(loss))}" r="3.5" fill="#c2410c"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    ...y.ticks.map((tick) => gridLine(tick, y.at(tick))),
    ...x.ticks.map((tick) =>
      text(String(tick), { x: x.at(tick), y: HEIGHT - 24, anchor: 'middle' }),
    ),
    line(train, 'stroke="#93c5fd" stroke-width="1"'),
    line(runningMean(train), 'stroke="#1d4ed8" stroke-width="2"'),
    line(heldOut, 'stroke="#c2410c" stroke-width="1.5" stroke-dasharray="4 3"'),
    ...dots,
    text('step', { x: WIDTH / 2, y: HEIGHT - 6, anchor: 'middle' }),
    text('nats per token: training (blue), held out (orange)', {
      x: WIDTH - 20,
      y: 30,
      anchor: 'end',
    }),
    '</svg>\n',
  ].join('\n');
}

interface Axis {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** Maps [min, max] to pixels, with some five round ticks. */
function axis(min: number, max: number, [from, to]: readonly [number, number]): Axis {
  const step = roundStep((max - min) / 5);
  const first = Math.ceil(min / step) * step;
  const count = Math.max(0, Math.floor((max - first) / step + 1e-9) + 1);
  const ticks = Array.from({ length: count }, (_, i) => Number((first + i * step).toPrecision(12)));
  return { ticks, at: (value) => from + ((value - min) / (max - min)) * (to - from) };
}

/** 1, 2 or 5 times a power of ten, at least `wanted`. */
function roundStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * ([1, 2, 5].find((factor) => factor * power >= wanted) ?? 10);
}

/** Every n-th point and the last: a line of more than two a pixel looks no different. */
function thinned(points: readonly Point[]): readonly Point[] {
  const every = Math.ceil(points.length / (2 * WIDTH));
  if (every <= 1) return points;
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}

/** Exponential mean, started at the first value. */
function runningMean(points: readonly Point[]): Point[] {
  let mean: number | null = null;
  return points.map(([step, loss]) => {
    mean = mean === null ? loss : mean + SMOOTHING * (loss - mean);
    return [step, mean];
  });
}

const gridLine = (tick: number, y: number): string =>
  `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${fixed(y)}" y2="${fixed(y)}" stroke="#e5e7eb"/>${text(String(tick), { x: MARGIN.left - 8, y: y + 4, anchor: 'end' })}`;

const text = (content: string, at: { x: number; y: number; anchor: string }): string =>
  `<text x="${fixed(at.x)}" y="${fixed(at.y)}" text-anchor="${at.anchor}" fill="#374151">${content}</text>`;

const fixed = (value: number): string => value.toFixed(1);
