// Matrix products in the three layouts that a linear layer needs: forward, and both gradients.

import type { Device, DeviceCaps } from '@vulpes/tensor-core';
import { matmul } from '@vulpes/wgsl-kernels';
import type { BenchCase, Dims, Variant, Workload } from '../case.ts';
import { normals } from './random.ts';

interface Layout {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  nn: { transposeA: false, transposeB: false },
  nt: { transposeA: false, transposeB: true },
  tn: { transposeA: true, transposeB: false },
};

/** f32 sums of K products: measured 1e-7, and it grows with the root of K. */
const BOUND = 1e-5;

export function matmulSuite(caps: DeviceCaps): BenchCase[] {
  const square = (size: number): Dims => ({ M: size, N: size, K: size });
  return [
    {
      suite: 'matmul',
      op: 'matmul',
      mode: 'forward',
      dims: square(caps.isSoftware ? 512 : 2048),
      gateDims: square(160),
      inputs: 'a, b ~ N(0, 1); n: stored as multiplied, t: stored transposed',
      variants: Object.entries(LAYOUTS).map(([name, layout]) => variant(name, layout)),
    },
  ];
}

const variant = (name: string, layout: Layout): Variant => ({
  name,
  build: (device, dims) => workload(device, dims, layout),
});

function workload(device: Device, dims: Dims, layout: Layout): Workload {
  const [m, n, k] = [dims.M, dims.N, dims.K] as [number, number, number];
  const [aData, bData] = [normals(1, m * k), normals(2, k * n)];
  const a = device.tensor(aData, layout.transposeA ? [k, m] : [m, k]);
  const b = device.tensor(bData, layout.transposeB ? [n, k] : [k, n]);
  return {
    run: () => ({ c: matmul(a, b, layout) }),
    expected: () => ({
      c: { values: product(aData, bData, { m, n, k, ...layout }), bound: BOUND },
    }),
    counts: () => ({ flops: 2 * m * n * k, bytes: 4 * (m * k + k * n + m * n) }),
    dispose() {
      a.dispose();
      b.dispose();
    },
  };
}

/** op(a) op(b) in f64. */
function product(
  a: Float32Array,
  b: Float32Array,
  { m, n, k, transposeA, transposeB }: Layout & { m: number; n: number; k: number },
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let r = 0; r < k; r++) {
        const left = a[transposeA ? r * m + i : i * k + r] as number;
        sum += left * (b[transposeB ? j * k + r : r * n + j] as number);
      }
      c[i * n + j] = sum;
    }
  }
  return c;
}
