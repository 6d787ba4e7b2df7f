import { describe, expect, test } from 'vitest';
import { chooseDirections, type Floats, referenceSlope, slopesAlong } from './slopes.ts';

describe('slopes along a direction within each tensor', () => {
  const weights: Floats = { a: [1, -2, 3, 0.5], b: [0.1, 0.2] };
  /** Σ a³ + 1e-4 Σ sin b: gradients that are far apart in size. */
  const lossAt = ({ a, b }: Floats): number =>
    Array.from(a!).reduce((sum, x) => sum + x ** 3, 0) +
    Array.from(b!).reduce((sum, x) => sum + 1e-4 * Math.sin(x), 0);
  const grads: Floats = {
    a: Array.from(weights.a!, (x) => 3 * x ** 2),
    b: Array.from(weights.b!, (x) => 1e-4 * Math.cos(x)),
  };
  const errors = (of: Floats): number[] => {
    const directions = chooseDirections(of);
    const reference = Object.entries(directions).map(([name, direction]) =>
      referenceSlope(weights, { [name]: direction }, lossAt),
    );
    return slopesAlong(of, directions).map((slope, at) => Math.abs(slope - reference[at]!));
  };

  test('the right gradient has those of the loss, of every size', () => {
    for (const error of errors(grads)) expect(error).toBeLessThan(1e-5);
    for (const slope of slopesAlong(grads, chooseDirections(grads)))
      expect(Math.abs(slope)).toBeGreaterThan(0.05);
  });

  test('a gradient that misses a part of one tensor has not', () => {
    const [a, b] = errors({ ...grads, b: [grads.b![0]!, 0] });
    expect(a).toBeLessThan(1e-5);
    expect(b).toBeGreaterThan(0.05);
  });

  test('along the whole gradient it is the square of its length', () => {
    const square = [...Array.from(grads.a!), ...Array.from(grads.b!)].reduce(
      (sum, x) => sum + x * x,
      0,
    );
    expect(referenceSlope(weights, grads, lossAt, 1e-3) / square).toBeCloseTo(1, 5);
  });

  test('one that is all 0 is no number', () => {
    const [a, b] = errors({ ...grads, b: [0, 0] });
    expect(a).toBeLessThan(1e-5);
    expect(b).toBeNaN();
  });
});
