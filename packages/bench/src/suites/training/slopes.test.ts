import { describe, expect, test } from 'vitest';
import { chooseDirection, type Floats, referenceSlope, slopeAlong } from './slopes.ts';

describe('the slope along a direction through every tensor', () => {
  const weights: Floats = { a: [1, -2, 3, 0.5], b: [0.1, 0.2] };
  /** Σ a³ + 1e-4 Σ sin b: gradients that are far apart in size. */
  const lossAt = ({ a, b }: Floats): number =>
    Array.from(a!).reduce((sum, x) => sum + x ** 3, 0) +
    Array.from(b!).reduce((sum, x) => sum + 1e-4 * Math.sin(x), 0);
  const grads: Floats = {
    a: Array.from(weights.a!, (x) => 3 * x ** 2),
    b: Array.from(weights.b!, (x) => 1e-4 * Math.cos(x)),
  };
  /** Of the slope by the gradient, relative. */
  const error = (of: Floats): number => {
    const direction = chooseDirection(of);
    return Math.abs(slopeAlong(of, direction) / referenceSlope(weights, direction, lossAt) - 1);
  };

  test('the right gradient has that of the loss; tensors of every size add to it', () => {
    expect(error(grads)).toBeLessThan(1e-5);
    const direction = chooseDirection(grads);
    for (const name of ['a', 'b'])
      expect(slopeAlong(grads, { [name]: direction[name]! })).toBeGreaterThan(0.05);
  });

  test('a gradient that misses a part of one tensor has not, nor one that is off by 1 %', () => {
    expect(error({ ...grads, b: [grads.b![0]!, 0] })).toBeGreaterThan(0.01);
    expect(error({ ...grads, b: Array.from(grads.b!, (x) => 1.01 * x) })).toBeGreaterThan(1e-4);
  });

  test('one that is all 0 is no number', () => {
    expect(error({ ...grads, b: [0, 0] })).toBeNaN();
  });
});
