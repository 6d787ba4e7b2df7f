// The matmul kernels for subgroup matrices: f16 products, f32 sums. One kernel per tile, transpose and way to reach memory.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import matmulMatrixWgsl from './matmul.matrix.wgsl';
import { ACCESS, selectAccess } from './matrix-access.ts';
import {
  type MatrixLayout,
  matrixSource,
  matrixWorkgroupBytes,
  type TailK,
} from './matrix-source.ts';
import { type MatrixShape, type MatrixTile, SLICE_K, tileSize } from './matrix-tiles.ts';
import { MATMUL_BINDINGS, PINNED_BINDINGS } from './params.ts';
import type { MatmulDims } from './plan.ts';
import { kPerSplit } from './waves.ts';

const kernels = new Map<string, ReturnType<typeof defineMatrixMatmul>>();

/** The kernel of a layout; made at first use. */
export function matrixMatmul(layout: MatrixLayout): ReturnType<typeof defineMatrixMatmul> {
  const name = layoutName(layout);
  const kernel = kernels.get(name) ?? defineMatrixMatmul(name, layout);
  kernels.set(name, kernel);
  return kernel;
}

/** What the text of a launch's kernel depends on. Pure. */
export function selectMatrixLayout(
  dims: MatmulDims,
  tile: MatrixTile,
  shape: MatrixShape,
): MatrixLayout {
  const { transposeA, transposeB, k, splits } = dims;
  return {
    ...{ shape, tile, transposeA, transposeB },
    a: selectAccess(dims.dtypeA, dims.offsetA, dims.lda, dims.strideA),
    b: selectAccess(dims.dtypeB, dims.offsetB, dims.ldb, dims.strideB),
    c: selectAccess(dims.dtypeC, dims.offsetC, dims.ldc, dims.strideC),
    tailK: findTail(k, splits),
    isPinned: !dims.isShared,
  };
}

function findTail(k: number, splits: number): TailK {
  if (k === splits * kPerSplit(k, splits, SLICE_K)) return 'none';
  return k % SLICE_K === 0 ? 'slices' : 'ranks';
}

/**
 * Rows of tiles that run side by side, so that they share what they read. Where B is larger than A and than what a cache holds (the output
 * projection) more of them, so that B is read less often; elsewhere that is slower.
 */
const groupRows = ({ m, n, k }: Pick<MatmulDims, 'm' | 'n' | 'k'>): number =>
  n > m && n * k > 2 ** 23 ? 32 : 8;

function layoutName({ tile, shape, transposeA, transposeB, ...rest }: MatrixLayout) {
  const { a, b, c, tailK, isPinned } = rest;
  const { tileM, tileN } = tileSize(tile, shape);
  const layout = `${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}`;
  const { M, N, K, threads } = shape;
  return `matmul.matrix-${tileM}x${tileN}-${layout}-${a}-${b}-${c}${tailK === 'none' ? '' : `-${tailK}`}${isPinned ? '' : '-shared'} (${M}x${N}x${K}, ${threads} threads)`;
}

function defineMatrixMatmul(name: string, layout: MatrixLayout) {
  const { tileM, tileN } = tileSize(layout.tile, layout.shape);
  const [a, b, c] = [ACCESS[layout.a], ACCESS[layout.b], ACCESS[layout.c]];
  return defineKernel({
    name,
    source: `${matmulMatrixWgsl}\n${matrixSource(layout)}`,
    bindings: layout.isPinned ? PINNED_BINDINGS : MATMUL_BINDINGS,
    params: ({ k, splits }: MatmulDims) => ({ k_split: kPerSplit(k, splits, SLICE_K) }),
    select: ({ m, n, k, splits, lda, ldb, ldc, accumulate }: MatmulDims) => ({
      GROUP: groupRows({ m, n, k }),
      LDA: lda / a.width,
      LDB: ldb / b.width,
      LDC: ldc / c.width,
      SLICES: kPerSplit(k, splits, SLICE_K) / SLICE_K,
      TAIL_M: m % tileM !== 0,
      TAIL_N: n % tileN !== 0,
      ACCUMULATE: accumulate,
      StoredA: a.type,
      StoredB: b.type,
      StoredC: c.type,
    }),
    grid: ({ m, n, batch, splits }) => {
      const [x, y] = foldGrid(Math.ceil(m / tileM) * Math.ceil(n / tileN));
      return [x, y, batch * splits];
    },
    workgroupBytes: () => matrixWorkgroupBytes(layout),
  });
}
