// Matrix products in the three layouts that a linear layer needs (forward, and both gradients), at square sizes and at those of the presets' layers.

import { foxPreset, getIntermediateSize } from '@vulpes/lm-models';
import { CounterRng, type Device, type DeviceCaps, disposeAll } from '@vulpes/tensor-core';
import { matmul } from '@vulpes/wgsl-kernels';
import {
  type BenchCase,
  type Dims,
  dim,
  type Expected,
  type Variant,
  type Workload,
} from '../case.ts';
import { normals } from './random.ts';

interface Layout {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

interface Sizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
}

const LAYOUTS: Readonly<Record<string, Layout>> = {
  nn: { transposeA: false, transposeB: false },
  nt: { transposeA: false, transposeB: true },
  tn: { transposeA: true, transposeB: false },
};

/** f32 sums of K products: measured 1e-7, and it grows with the root of K. */
const BOUND = 1e-5;
/** Side of the tiles of the result: the reference computes an entry of each. */
const CHECKED_TILE = 64;
/** Of a small product the tiles are smaller, so that as many entries are checked. */
const MIN_CHECKED = 1024;

const SOFTWARE = { squares: [256, 512], presets: ['pro-tiny'], tokens: 512, headTokens: 512 };
const HARDWARE = {
  squares: [1024, 2048, 4096, 8192],
  presets: ['pro-125m', 'pro-760m'],
  tokens: 8192,
  headTokens: 2048,
};

export function matmulSuite(caps: Pick<DeviceCaps, 'isSoftware'>): BenchCase[] {
  const { squares, presets, tokens, headTokens } = caps.isSoftware ? SOFTWARE : HARDWARE;
  return [
    ...squares.map((size) => matmulCase('matmul', { M: size, N: size, K: size })),
    ...presets.flatMap((preset) => layerCases(preset, tokens, headTokens)),
  ];
}

/** The products of a model's layers, as [tokens, in] × [in, out]. */
function layerCases(preset: string, tokens: number, headTokens: number): BenchCase[] {
  const config = foxPreset(preset);
  const { hiddenSize, vocabSize } = config;
  const width = getIntermediateSize(config);
  return [
    matmulCase('projection', { M: tokens, N: hiddenSize, K: hiddenSize }),
    matmulCase('mlp-up', { M: tokens, N: 2 * width, K: hiddenSize }),
    matmulCase('mlp-down', { M: tokens, N: hiddenSize, K: width }),
    matmulCase('lm-head', { M: headTokens, N: vocabSize, K: hiddenSize }),
  ];
}

const matmulCase = (op: string, dims: { M: number; N: number; K: number }): BenchCase => ({
  suite: 'matmul',
  op,
  mode: 'forward',
  dims,
  flops: 2 * dims.M * dims.N * dims.K,
  inputs: 'a, b ~ N(0, 1); n: stored as multiplied, t: stored transposed',
  variants: Object.entries(LAYOUTS).map(([name, layout]) => variant(name, layout)),
});

const variant = (name: string, layout: Layout): Variant => ({
  name,
  build: (device, dims) => workload(device, dims, layout),
});

function workload(device: Device, dims: Dims, layout: Layout): Workload {
  const [m, n, k] = [dim(dims, 'M'), dim(dims, 'N'), dim(dims, 'K')];
  const [aData, bData] = [normals(1, m * k), normals(2, k * n)];
  const inputs = { a: { shape: [m, k], data: aData }, b: { shape: [k, n], data: bData } };
  const a = device.tensor(aData, layout.transposeA ? [k, m] : [m, k]);
  const b = device.tensor(bData, layout.transposeB ? [n, k] : [k, n]);
  return {
    run: () => ({ c: matmul(a, b, layout) }),
    expected: () => ({ c: someEntries(aData, bData, { m, n, k }, layout) }),
    baseline: { kind: 'matmul', inputs },
    counts: () => ({ flops: 2 * m * n * k, bytes: 4 * (m * k + k * n + m * n) }),
    dispose: () => disposeAll([a, b]),
  };
}

/** Entries of op(a) op(b) in f64. */
function someEntries(
  a: Float32Array,
  b: Float32Array,
  { m, n, k }: Sizes,
  { transposeA, transposeB }: Layout,
): Expected {
  const indices = checkedIndices(m, n);
  const values = Float64Array.from(indices, (index) => {
    const [i, j] = [Math.floor(index / n), index % n];
    let sum = 0;
    for (let r = 0; r < k; r++) {
      const left = a[transposeA ? r * m + i : i * k + r] as number;
      sum += left * (b[transposeB ? j * k + r : r * n + j] as number);
    }
    return sum;
  });
  return { values, indices, bound: BOUND };
}

/** An entry of each tile of c [m, n], somewhere in it, and the last: a tile that is left out, or written twice, shows. */
function checkedIndices(m: number, n: number): number[] {
  let side = CHECKED_TILE;
  while (side > 1 && Math.ceil(m / side) * Math.ceil(n / side) < MIN_CHECKED) side /= 2;
  const rng = new CounterRng(9);
  const indices = new Set<number>();
  for (let row = 0; row < m; row += side) {
    for (let column = 0; column < n; column += side) {
      const i = row + rng.below(Math.min(side, m - row));
      indices.add(i * n + column + rng.below(Math.min(side, n - column)));
    }
  }
  return [...indices.add(m * n - 1)];
}
