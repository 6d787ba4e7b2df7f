// The picture: well-formed, all points inside the frame, nothing to draw is fine too.

import { expect, test } from 'vitest';
import { lossCurveSvg } from './loss-curve.ts';
import type { Metrics } from './metrics-log.ts';

const step = (at: number, loss: number): Metrics => ({
  type: 'step',
  step: at,
  tokens: at,
  loss,
  gradNorm: 1,
  learningRate: 1,
  stepMs: 1,
  tokensPerSecond: 1,
  prunedShare: null,
});

test('draws every step and evaluation inside the frame', () => {
  const metrics: Metrics[] = [
    { type: 'evaluation', step: 0, tokens: 0, heldOutLoss: 5.6, heldOutTokens: 9 },
    step(1, 5.5),
    step(2, 4),
    step(3, 2.25),
    { type: 'evaluation', step: 3, tokens: 0, heldOutLoss: 2.3, heldOutTokens: 9 },
  ];
  const svg = lossCurveSvg(metrics);
  expect(svg.match(/<circle /g)).toHaveLength(2);
  const [train] = [...svg.matchAll(/points="([^"]*)"/g)].map((match) => match[1]?.split(' '));
  expect(train).toHaveLength(3);
  for (const [, x, y] of svg.matchAll(/c?x="([\d.]+)" c?y="([\d.]+)"/g)) {
    expect(Number(x)).toBeGreaterThanOrEqual(0);
    expect(Number(x)).toBeLessThanOrEqual(720);
    expect(Number(y)).toBeLessThanOrEqual(360);
  }
  expect(svg).not.toContain('NaN');
});

test('a very long run is drawn with few points, the last among them', () => {
  const svg = lossCurveSvg(Array.from({ length: 200_000 }, (_, i) => step(i + 1, 3)));
  const [train] = [...svg.matchAll(/points="([^"]*)"/g)].map((match) => match[1]?.split(' '));
  expect(train?.length).toBeLessThan(1500);
  expect(train?.at(-1)).toMatch(/^704\.0,/); // the right edge of the frame
});

test('an empty log is an empty frame', () => {
  expect(lossCurveSvg([])).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  expect(lossCurveSvg([])).not.toContain('NaN');
});
