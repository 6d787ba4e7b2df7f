// Records a matmul: chooses the variant, splits K where C alone is too small, sums the splits.

import {
  type Device,
  type DeviceCaps,
  DTypeError,
  shareBuffer,
  type Tensor,
} from '@vulpes/tensor-core';
import type { MatmulDims, MatmulDType } from './plan.ts';
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
  /** Some of a, b and bias lie in one buffer. */
  readonly isShared?: boolean;
  /** Default f32. An f16 factor makes the products f16; sums are f32 in any case. */
  readonly dtypeA?: MatmulDType;
  readonly dtypeB?: MatmulDType;
  readonly dtypeC?: MatmulDType;
}

/** C [batch, m, n] = op(A) op(B) (+ bias) (+ C), each f16 or f32 as its tensor is; bias f32. */
export interface MatmulLaunch
  extends Omit<MatmulShape, 'dtypeA' | 'dtypeB' | 'dtypeC' | 'isShared'> {
  readonly a: Tensor;
  readonly b: Tensor;
  /** Written, or added to where `accumulate`. */
  readonly c: Tensor;
  readonly bias?: Tensor | undefined;
}

const toSizes = ({ batch = 1, transposeA = false, transposeB = false, ...shape }: MatmulShape) => {
  const { m, n, k, dtypeA = 'f32', dtypeB = 'f32', dtypeC = 'f32' } = shape;
  return { m, n, k, batch, transposeA, transposeB, dtypeA, dtypeB, dtypeC };
};

/** Sizes, strides and splits of a launch. Pure. */
export function planMatmul(
  launch: MatmulShape,
  variant: Pick<MatmulVariant, 'selectSplits'>,
  caps: DeviceCaps,
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
    isShared: launch.isShared ?? false,
    splits: variant.selectSplits(sizes, caps),
  };
}

/** Records the launch. @param caps - what chooses kernel, tile and parts of K @throws DTypeError */
export function launchMatmul(
  device: Device,
  launch: MatmulLaunch,
  caps: DeviceCaps = device.caps,
): void {
  const { a, b, bias, c } = launch;
  const [dtypeA, dtypeB, dtypeC] = [a, b, c].map(toFloat) as [
    MatmulDType,
    MatmulDType,
    MatmulDType,
  ];
  const shape = { ...launch, dtypeA, dtypeB, dtypeC, isShared: haveShared([a, b, bias]) };
  const variant = chooseMatmul(caps, toSizes(shape));
  const dims = planMatmul(shape, variant, caps);
  if (dims.splits === 1) {
    variant.selectKernel(dims, caps).run(device, { dims, tensors: { a, b, bias, c } });
    return;
  }
  const { m, n, batch, splits } = dims;
  const partials = device.empty([batch, splits, m, n], { label: 'matmul partials' });
  const dense = { ldc: n, strideC: m * n, offsetC: 0, dtypeC: 'f32' } as const;
  const plain = { ...dims, ...dense, accumulate: false };
  variant.selectKernel(plain, caps).run(device, { dims: plain, tensors: { a, b, c: partials } });
  sumSplits.run(device, { dims, tensors: { partials, bias, c } });
  partials.dispose();
}

/** Whether two of the tensors lie in one buffer. */
const haveShared = (tensors: readonly (Tensor | undefined)[]): boolean =>
  tensors.some((one, index) =>
    tensors.slice(index + 1).some((other) => one && other && shareBuffer(one, other)),
  );

function toFloat({ dtype, label }: Tensor): MatmulDType {
  if (dtype === 'f32' || dtype === 'f16') return dtype;
  throw new DTypeError(`matmul: expected matrices f32 or f16, got ${dtype} in '${label}'.`);
}
