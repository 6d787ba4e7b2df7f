// Rounding to f16 by its definition: the specification of the kernels.

/** The f16 value nearest to an f32 value, ties to even; infinity from 65,520 on. */
export function referenceToHalf(x: number): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const exponent = Math.max(-14, Math.floor(Math.log2(Math.abs(x))));
  // Ten bits behind the leading one: the spacing of f16 values around x.
  const spacing = 2 ** (exponent - 10);
  const rounded = roundToEven(Math.abs(x) / spacing) * spacing;
  return Math.sign(x) * (rounded > 65504 ? Number.POSITIVE_INFINITY : rounded);
}

function roundToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
