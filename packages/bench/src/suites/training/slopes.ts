// The slope of a loss along one direction through all parameters: by a gradient, and by a difference of the loss in f64. Pure.

import { normals } from '../random.ts';

/** Values of each tensor by its name. */
export type Floats = Record<string, ArrayLike<number>>;

/** Length of the difference in parameter space. */
const STEP = 1e-4;
/** Directions start from this seed. */
const SEED = 100;

/**
 * Within each tensor of n elements a fixed pseudo-random direction r, as long as √n / |g| and with g · r > 0: so each tensor adds about 1
 * to the slope, and none is lost beside those of larger gradients. A gradient of 0 gives no number.
 */
export function chooseDirection(grads: Floats): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(grads).map(([name, grad], index) => {
      const random = normals(SEED + index, grad.length);
      const towards = Math.sign(dot(grad, random));
      const scale = (towards * Math.sqrt(grad.length)) / length(random) / length(grad);
      return [name, Float64Array.from(random, (value) => scale * value)];
    }),
  );
}

/** g · r */
export const slopeAlong = (grads: Floats, direction: Floats): number =>
  Object.entries(direction).reduce((sum, [name, of]) => sum + dot(grads[name] ?? [], of), 0);

/** The slope of `lossAt` along a direction, by a central difference. */
export function referenceSlope(
  weights: Floats,
  direction: Floats,
  lossAt: (weights: Floats) => number,
): number {
  const step = STEP / Math.hypot(...Object.values(direction).map(length));
  const moved = (by: number): Floats => {
    const entries = Object.entries(direction).map(([name, values]) => {
      const from = weights[name] as ArrayLike<number>;
      return [name, Float64Array.from(from, (weight, i) => weight + by * (values[i] as number))];
    });
    return { ...weights, ...Object.fromEntries(entries) };
  };
  return (lossAt(moved(step)) - lossAt(moved(-step))) / (2 * step);
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** Euclidean. */
export const length = (values: ArrayLike<number>): number => Math.sqrt(dot(values, values));
