// The picture: every loss has its place, a long run has few points, and no loss gives no picture.

import type { Metrics } from '@vulpes/training';
import { expect, test } from 'vitest';
import { drawLossCurve } from './loss-curve.ts';

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
const evaluation = (at: number, heldOutLoss: number): Metrics => ({
  ...{ type: 'evaluation', step: at, tokens: 0, heldOutLoss, heldOutTokens: 9 },
});

test('draws training and held-out loss', () => {
  const metrics = [evaluation(0, 5.6), step(1, 5.5), step(2, 4), step(3, 2.25), evaluation(3, 2.3)];
  const svg = drawLossCurve(metrics);
  expect(svg).toContain('training: 5.5 nats per byte at 1, then 2.25 nats per byte at 3.');
  expect(svg).toContain('held out: 5.6 nats per byte at 0, then 2.3 nats per byte at 3.');
});

test('joins the steps of a long run, the last among them', () => {
  const svg = drawLossCurve(Array.from({ length: 20_000 }, (_, i) => step(i + 1, 2 + (i % 2))));
  expect(svg).toContain('training, 200 steps a point: 2.5 (2 to 3) nats per byte at 200, then 2.5');
  expect(svg).toContain('at 20000.');
  expect((svg?.match(/[LMHV]/g) ?? []).length).toBeLessThan(400);
});

test('a run stopped before its first evaluation has no picture', () => {
  expect(drawLossCurve([])).toBeNull();
  expect(drawLossCurve([evaluation(0, 5.5)])).toContain('held out: 5.5');
});
