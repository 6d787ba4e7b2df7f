// Records a matmul: chooses the variant, splits K where C alone is too small, sums the splits.

import type { Device, Tensor } from '@vulpes/tensor-core';
import type { MatmulDims } from './plan.ts';
import { sumSplits } from './sum-splits.kernel.ts';
import { chooseMatmul, type MatmulVariant } from './variants.ts';

/** Sizes of a launch; matrices are dense unless strides are given. */
export interface MatmulShape {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch?: number;
  /** A is stored [K, M]. */
  readonly transposeA?: boolean;
  /** B is stored [N, K]. */
  readonly transposeB?: boolean;
  /** Elements from one stored row of A to the next, where rows are padded. */
  readonly lda?: number;
  readonly ldb?: number;
  readonly ldc?: number;
  /** First element of the matrix in its tensor. */
  readonly offsetA?: number;
  readonly offsetB?: number;
  readonly offsetC?: number;
  readonly accumulate?: boolean;
}

/** C [batch, m, n] = op(A) op(B) (+ bias) (+ C). */
export interface MatmulLaunch extends MatmulShape {
  readonly a: Tensor;
  readonly b: Tensor;
  /** Written, or added to where `accumulate`. */
  readonly c: Tensor;
  readonly bias?: Tensor | undefined;
}

const toSizes = ({ m, n, k, batch = 1, transposeA = false, transposeB = false }: MatmulShape) => ({
  ...{ m, n, k, batch, transposeA, transposeB },
});

/** Sizes, strides and splits of a launch. Pure. */
export function planMatmul(
  launch: MatmulShape,
  variant: Pick<MatmulVariant, 'selectSplits'>,
): MatmulDims {
  const sizes = toSizes(launch);
  const { m, n, k, transposeA, transposeB } = sizes;
  const { lda = transposeA ? m : k, ldb = transposeB ? k : n, ldc = n } = launch;
  return {
    ...sizes,
    lda,
    ldb,
    ldc,
    strideA: lda * (transposeA ? k : m),
    strideB: ldb * (transposeB ? n : k),
    strideC: ldc * m,
    offsetA: launch.offsetA ?? 0,
    offsetB: launch.offsetB ?? 0,
    offsetC: launch.offsetC ?? 0,
    accumulate: launch.accumulate ?? false,
    splits: variant.selectSplits(sizes),
  };
}

/** Records the launch. */
export function launchMatmul(device: Device, launch: MatmulLaunch): void {
  const variant = chooseMatmul(device.caps, toSizes(launch));
  const dims = planMatmul(launch, variant);
  const { a, b, bias, c } = launch;
  if (dims.splits === 1) {
    variant.selectKernel(dims).run(device, { dims, tensors: { a, b, bias, c } });
    return;
  }
  const { m, n, batch, splits } = dims;
  const partials = device.empty([batch, splits, m, n], { label: 'matmul partials' });
  const plain = { ...dims, ldc: n, strideC: m * n, offsetC: 0, accumulate: false };
  variant.selectKernel(plain).run(device, { dims: plain, tensors: { a, b, c: partials } });
  sumSplits.run(device, { dims, tensors: { partials, bias, c } });
  partials.dispose();
}
