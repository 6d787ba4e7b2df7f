// Checks one launch against the f64 reference: matrices in padded rows at an offset, NaN in the padding, on memory filled in two ways.

import { type Device, disposeAll } from '@vulpes/tensor-core';
import { expectMatch, randomArray, underTwoFills } from '@vulpes/tensor-core/testing';
import { expect } from 'vitest';
import { storedAs } from '../../testing/half.ts';
import { launchMatmul, type MatmulLaunch, planMatmul } from './launch.ts';
import { type MatmulSizes, referenceMatmul } from './matmul.reference.ts';
import { largeTiledMatmul } from './matmul.tiled.kernel.ts';
import { isAligned, type MatmulDType } from './plan.ts';

export interface LaunchCase extends MatmulSizes {
  readonly dtypeA: MatmulDType;
  readonly dtypeB: MatmulDType;
  readonly dtypeC: MatmulDType;
  /** Elements before each matrix, and behind each row. */
  readonly padding?: number;
  readonly hasBias?: boolean;
  readonly accumulate?: boolean;
}

/** Rows of a matrix in its tensor. */
interface Place {
  readonly rows: number;
  readonly columns: number;
  readonly padding: number;
}

const indexIn = ({ columns, padding }: Place, i: number): number =>
  padding + Math.floor(i / columns) * (columns + padding) + (i % columns);

/** Random values of f16, in whatever type they are stored, and NaN around them: an f32 factor may be rounded. */
function place(seed: number, where: Place) {
  const { rows, columns, padding } = where;
  const values = storedAs('f16', randomArray(seed, rows * columns));
  const data = new Float32Array(padding + rows * (columns + padding)).fill(Number.NaN);
  values.forEach((value, i) => {
    data[indexIn(where, i)] = value;
  });
  return { values, data };
}

/** f32 sums of up to about a thousand products of f16 values: measured below 5e-7. */
const SUM_BOUND = 1e-6;

/** @param launch - what runs it, if not `launchMatmul` */
export async function checkLaunch(
  device: Device,
  { padding = 0, hasBias = false, accumulate = false, ...of }: LaunchCase,
  launch: (device: Device, launch: MatmulLaunch) => void = launchMatmul,
): Promise<void> {
  const { batch, m, n, k, transposeA, transposeB, dtypeA, dtypeB, dtypeC } = of;
  const [rowsA, columnsA] = transposeA ? [k, m] : [m, k];
  const [rowsB, columnsB] = transposeB ? [n, k] : [k, n];
  const a = place(1, { rows: batch * rowsA, columns: columnsA, padding });
  const b = place(2, { rows: batch * rowsB, columns: columnsB, padding });
  const inC = { rows: batch * m, columns: n, padding };
  const c = place(3, inC);
  const bias = randomArray(4, n);
  const actual = await underTwoFills(device, async () => {
    const tensors = {
      a: device.tensor(a.data, [a.data.length], { dtype: dtypeA }),
      b: device.tensor(b.data, [b.data.length], { dtype: dtypeB }),
      c: device.tensor(c.data, [c.data.length], { dtype: dtypeC }),
      ...(hasBias && { bias: device.tensor(bias, [n]) }),
    };
    const strides = { lda: columnsA + padding, ldb: columnsB + padding, ldc: n + padding };
    const offsets = { offsetA: padding, offsetB: padding, offsetC: padding };
    launch(device, { ...of, ...strides, ...offsets, ...tensors, accumulate });
    const result = (await tensors.c.data()) as Float32Array;
    disposeAll(tensors);
    return { c: result };
  });
  const expected = referenceMatmul(of, a.values, b.values).map(
    (sum, i) => sum + (hasBias ? bias[i % n]! : 0) + (accumulate ? c.values[i]! : 0),
  );
  expectProduct(
    expected.map((_, i) => actual.c[indexIn(inC, i)]!),
    expected,
    dtypeC,
  );
  const isPadding = (_: number, i: number) => i < padding || (i - padding) % (n + padding) >= n;
  expect(actual.c.filter(isPadding), 'padding is not written').toEqual(c.data.filter(isPadding));
}

/** A launch on tiles of 128 × 128, which only large products take. */
export function runLargeTiles(device: Device, { a, b, c, bias, ...launch }: MatmulLaunch): void {
  const dtypes = { dtypeA: a.dtype, dtypeB: b.dtype, dtypeC: c.dtype } as Pick<
    LaunchCase,
    'dtypeA' | 'dtypeB' | 'dtypeC'
  >;
  const dims = planMatmul({ ...launch, ...dtypes }, { selectSplits: () => 1 }, device.caps);
  const { transposeA, transposeB, n, ldc, strideC, offsetC } = dims;
  const alignedC = isAligned(n, ldc, strideC, offsetC);
  const kernel = largeTiledMatmul({ transposeA, transposeB, alignedC });
  kernel.run(device, { dims, tensors: { a, b, c, bias } });
}

/** f16 results are rounded once, from sums as good as f32 results. */
function expectProduct(actual: Float64Array, expected: Float64Array, dtype: MatmulDType): void {
  if (dtype === 'f32') {
    expectMatch('c', actual, expected, SUM_BOUND);
    return;
  }
  const meanSquare = expected.reduce((sum, value) => sum + value * value, 0) / expected.length;
  // A single sum may be off by more than the root mean square of all.
  const slack = 8 * SUM_BOUND * Math.sqrt(meanSquare);
  const ulps = expected.map((value, i) => {
    const ulp = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
    return (Math.abs(actual[i]! - value) - slack) / ulp;
  });
  // The neighbour above a power of two has twice the distance: 0.5 is the bound below it as well.
  expect(Math.max(...ulps), 'c: distance in units of the last place').toBeLessThanOrEqual(0.5);
}
