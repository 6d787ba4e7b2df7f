// Slopes of a loss along one direction within each parameter tensor: by a gradient, and by differences of the loss in f64. Pure.

import { normals } from '../random.ts';

/** Values of each tensor by its name. */
export type Floats = Record<string, ArrayLike<number>>;

/** Length of the difference in parameter space. */
const STEP = 1e-4;
/** Directions start from this seed. */
const SEED = 100;

/**
 * A fixed pseudo-random direction r within each tensor of n elements, as long as √n / |g|: so each slope g · r is about 1,
 * and none is lost beside those of larger gradients. A gradient of 0 gives no number.
 */
export function chooseDirections(grads: Floats): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(grads).map(([name, grad], index) => {
      const random = normals(SEED + index, grad.length);
      const scale = Math.sqrt(grad.length) / length(random) / length(grad);
      return [name, Float64Array.from(random, (value) => scale * value)];
    }),
  );
}

/** g · r of each tensor, in the order of `directions`. */
export const slopesAlong = (grads: Floats, directions: Floats): number[] =>
  Object.entries(directions).map(([name, direction]) => dot(grads[name] ?? [], direction));

/** The slope of `lossAt` along a direction that names some tensors, by a central difference of this length in parameter space. */
export function referenceSlope(
  weights: Floats,
  direction: Floats,
  lossAt: (weights: Floats) => number,
  distance = STEP,
): number {
  const step = distance / Math.hypot(...Object.values(direction).map(length));
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
