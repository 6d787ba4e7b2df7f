// Plain f64 pieces of the reference model: matrices are arrays of rows. Slow and clear on purpose.

export type Row = Float64Array;
/** [rows][columns] */
export type Matrix = Row[];

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
export const silu = (x: number): number => x * sigmoid(x);
/** log sigmoid(x), without overflow. */
export const logSigmoid = (x: number): number =>
  Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x)));

/** `Float64Array.from` with a function, ten times faster. */
export function row(length: number, at: (index: number) => number): Row {
  const values = new Float64Array(length);
  for (let index = 0; index < length; index++) values[index] = at(index);
  return values;
}

/** x [N][in], weight [out, in] row-major, bias [out] -> [N][out] */
export function linear(x: Matrix, weight: ArrayLike<number>, bias?: ArrayLike<number>): Matrix {
  const inputs = x[0]?.length ?? 0;
  return x.map((input) =>
    row(weight.length / inputs, (out) => {
      let sum = bias?.[out] ?? 0;
      for (let i = 0; i < inputs; i++)
        sum += (input[i] as number) * (weight[out * inputs + i] as number);
      return sum;
    }),
  );
}

/**
 * x / sqrt(mean(x²) + eps) · weight in groups of `groupSize` features: one group is a norm of the row, one a head a per-head norm.
 * x [N][D]; weight [D], or [groupSize] shared by all groups.
 */
export function rmsNorm(
  x: Matrix,
  weight: ArrayLike<number>,
  { groupSize, eps }: { groupSize: number; eps: number },
): Matrix {
  return x.map((input) => {
    const scales = row(input.length / groupSize, (group) => {
      let sum = 0;
      for (let i = group * groupSize; i < (group + 1) * groupSize; i++)
        sum += (input[i] as number) ** 2;
      return 1 / Math.sqrt(sum / groupSize + eps);
    });
    return input.map(
      (value, i) =>
        value *
        (scales[Math.floor(i / groupSize)] as number) *
        (weight[i % weight.length] as number),
    );
  });
}

/** Element by element. */
export const zip = (a: Matrix, b: Matrix, combine: (a: number, b: number) => number): Matrix =>
  a.map((values, n) => values.map((value, i) => combine(value, b[n]?.[i] as number)));

export const add = (a: Matrix, b: Matrix): Matrix => zip(a, b, (x, y) => x + y);
