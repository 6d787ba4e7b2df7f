// matmul: batched product of matrices, either one read transposed.

import {
  defineOp,
  type ForwardContext,
  formatShape,
  type GradientPlace,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertSameFloat } from '../../lib/check.ts';
import { launchMatmul } from './launch.ts';
import type { MatmulDType } from './plan.ts';

export interface MatmulOptions {
  /** a is stored [..., K, M]. */
  transposeA?: boolean;
  /** b is stored [..., N, K]. */
  transposeB?: boolean;
  /** Element type of the result; by default that of a. */
  out?: MatmulDType;
}

type Attrs = Required<MatmulOptions>;
type Transposes = Omit<Attrs, 'out'>;

const matmulOp = defineOp({
  name: 'matmul',
  forward({
    device,
    inputs: { a, b },
    attrs: { out: dtype, ...transposes },
  }: ForwardContext<{ a: Tensor; b: Tensor }, Attrs>) {
    const { m, n } = sizesOf(a, b, transposes);
    const tensor = device.empty([...a.shape.slice(0, -2), m, n], { dtype, label: 'matmul' });
    const place = { tensor, accumulate: false };
    return { output: writeProduct({ a, b, ...transposes }, place), saved: { a, b } };
  },
  backward({ dOutput: dc, saved: { a, b }, attrs: { transposeA, transposeB }, ...context }) {
    const da = transposeA
      ? { a: b, b: dc, transposeA: transposeB, transposeB: true }
      : { a: dc, b, transposeA: false, transposeB: !transposeB };
    const db = transposeB
      ? { a: dc, b: a, transposeA: true, transposeB: transposeA }
      : { a, b: dc, transposeA: !transposeA, transposeB: false };
    const { needs, openGradient } = context;
    return {
      a: needs.a ? writeProduct(da, openGradient('a')) : null,
      b: needs.b ? writeProduct(db, openGradient('b')) : null,
    };
  },
});

interface Factors extends Transposes {
  readonly a: Tensor;
  readonly b: Tensor;
}

/** op(a) op(b) of tensors whose shapes are known to fit. */
function writeProduct(factors: Factors, { tensor: c, accumulate }: GradientPlace): Tensor {
  const { batch, m, n, k } = sizesOf(factors.a, factors.b, factors);
  launchMatmul(c.device, { ...factors, c, m, n, k, batch, accumulate });
  return c;
}

function sizesOf(a: Tensor, b: Tensor, { transposeA, transposeB }: Transposes) {
  const [rowsA = 0, colsA = 0] = a.shape.slice(-2);
  const [rowsB = 0, colsB = 0] = b.shape.slice(-2);
  const [m, k] = transposeA ? [colsA, rowsA] : [rowsA, colsA];
  const [kB, n] = transposeB ? [colsB, rowsB] : [rowsB, colsB];
  return { batch: a.size / (m * k), m, n, k, kB };
}

/**
 * op(a) op(b) for each matrix of a batch, accumulated in f32.
 * @param a - [..., M, K], f32 or f16, or [..., K, M] with `transposeA`
 * @param b - [..., K, N], as a, or [..., N, K] with `transposeB`; the same leading dims as a
 * @returns [..., M, N], as a or `out`
 * @throws ShapeError DTypeError
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposeA = false, transposeB = false, out = a.dtype as MatmulDType } = options;
  assertSameFloat('matmul', { a, b });
  assertShapes(a, b, { transposeA, transposeB });
  return matmulOp({ a, b }, { transposeA, transposeB, out });
}

function assertShapes(a: Tensor, b: Tensor, transposes: Transposes): void {
  const isMatrix = a.shape.length >= 2 && b.shape.length === a.shape.length;
  const sameBatch = isMatrix && a.shape.slice(0, -2).every((dim, axis) => dim === b.shape[axis]);
  const { k, kB } = sizesOf(a, b, transposes);
  if (sameBatch && k === kB) return;
  const expected = [
    `a [..., ${transposes.transposeA ? 'K, M' : 'M, K'}]`,
    `b [..., ${transposes.transposeB ? 'N, K' : 'K, N'}]`,
  ];
  throw new ShapeError(
    `matmul: expected ${expected.join(' and ')} with equal leading dims and K, got ${formatShape(a.shape)} and ${formatShape(b.shape)}. Reshape, or set transposeA or transposeB.`,
  );
}
