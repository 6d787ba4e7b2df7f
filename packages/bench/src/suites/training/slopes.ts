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

/** The same by central differences of `lossAt`: two losses a tensor. */
export const referenceSlopes = (
  weights: Floats,
  directions: Floats,
  lossAt: (weights: Floats) => number,
): number[] =>
  Object.entries(directions).map(([name, direction]) => {
    const step = STEP / length(direction);
    const moved = (by: number): Floats => ({
      ...weights,
      [name]: Float64Array.from(
        weights[name] as ArrayLike<number>,
        (weight, i) => weight + by * (direction[i] as number),
      ),
    });
    return (lossAt(moved(step)) - lossAt(moved(-step))) / (2 * step);
  });

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < b.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

const length = (values: ArrayLike<number>): number => Math.sqrt(dot(values, values));
