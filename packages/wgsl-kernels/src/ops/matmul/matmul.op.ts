// matmul: batched product of matrices, either one read transposed.

import {
  type Device,
  defineOp,
  type ForwardContext,
  formatShape,
  ShapeError,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
import { launchMatmul } from './launch.ts';

export interface MatmulOptions {
  /** a is stored [..., K, M]. */
  transposeA?: boolean;
  /** b is stored [..., N, K]. */
  transposeB?: boolean;
}

type Transposes = Required<MatmulOptions>;

const matmulOp = defineOp({
  name: 'matmul',
  forward: ({
    device,
    inputs: { a, b },
    attrs,
  }: ForwardContext<{ a: Tensor; b: Tensor }, Transposes>) => ({
    output: product(device, a, b, attrs),
    saved: { a, b },
  }),
  backward({ device, dOutput: dc, saved: { a, b }, attrs: { transposeA, transposeB }, needs }) {
    const da = transposeA
      ? () => product(device, b, dc, { transposeA: transposeB, transposeB: true })
      : () => product(device, dc, b, { transposeA: false, transposeB: !transposeB });
    const db = transposeB
      ? () => product(device, dc, a, { transposeA: true, transposeB: transposeA })
      : () => product(device, a, dc, { transposeA: !transposeA, transposeB: false });
    return { a: needs.a ? da() : null, b: needs.b ? db() : null };
  },
});

/** op(a) op(b) of tensors whose shapes are known to fit. */
function product(device: Device, a: Tensor, b: Tensor, options: Transposes): Tensor {
  const { batch, m, n, k } = sizesOf(a, b, options);
  const c = device.empty([...a.shape.slice(0, -2), m, n], { label: 'matmul' });
  launchMatmul(device, { a, b, c, m, n, k, batch, ...options });
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
 * @param a - [..., M, K], f32, or [..., K, M] with `transposeA`
 * @param b - [..., K, N], f32, or [..., N, K] with `transposeB`; the same leading dims as a
 * @returns [..., M, N]
 * @throws ShapeError DTypeError
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const transposes = { transposeA: false, transposeB: false, ...options };
  assertDType('matmul', 'a', a, 'f32');
  assertDType('matmul', 'b', b, 'f32');
  assertShapes(a, b, transposes);
  return matmulOp({ a, b }, transposes);
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
