// Records a matmul: picks the kernel of the device's family, splits K where C alone is too small, sums the splits.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { registerMatmul } from './matmul.register.kernel.ts';
import { tiledMatmul } from './matmul.tiled.kernel.ts';
import { matmulParams } from './params.ts';
import {
  isAligned,
  type MatmulDims,
  selectRegisterBlock,
  selectRegisterSplits,
  selectTile,
  selectTileSplits,
} from './plan.ts';
import type { RegisterBlock } from './register-source.ts';
import { sumSplits } from './sum-splits.kernel.ts';

/** C [batch, m, n] = op(A) op(B) (+ bias) (+ C); matrices are dense unless strides are given. */
export interface MatmulLaunch {
  readonly a: Tensor;
  readonly b: Tensor;
  /** Written, or added to where `accumulate`. */
  readonly c: Tensor;
  readonly bias?: Tensor | undefined;
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

/** Sizes, strides and splits of a launch. Pure. */
export function planMatmul(launch: MatmulLaunch, kernels: 'gpu' | 'software'): MatmulDims {
  const { m, n, k, batch = 1, transposeA = false, transposeB = false } = launch;
  const { lda = transposeA ? m : k, ldb = transposeB ? k : n, ldc = n } = launch;
  const sizes = { m, n, k, batch, transposeA };
  const splits =
    kernels === 'software'
      ? selectRegisterSplits(sizes, selectRegisterBlock(sizes))
      : selectTileSplits(sizes, selectTile(sizes));
  return {
    ...sizes,
    transposeB,
    lda,
    ldb,
    ldc,
    strideA: lda * (transposeA ? k : m),
    strideB: ldb * (transposeB ? n : k),
    strideC: ldc * m,
    offsetA: launch.offsetA ?? 0,
    offsetB: launch.offsetB ?? 0,
    offsetC: launch.offsetC ?? 0,
    hasBias: launch.bias !== undefined,
    accumulate: launch.accumulate ?? false,
    splits,
  };
}

/** Records the launch. */
export function launchMatmul(device: Device, launch: MatmulLaunch): void {
  const dims = planMatmul(launch, device.caps.kernels);
  if (dims.splits === 1) {
    runOnce(device, launch, launch.c, dims);
    return;
  }
  const { m, n, batch, splits, ldc, strideC, offsetC } = dims;
  const partials = device.empty([batch, splits, m, n], { label: 'matmul partials' });
  const plain = { ldc: n, strideC: m * n, offsetC: 0, hasBias: false, accumulate: false };
  runOnce(device, launch, partials, { ...dims, ...plain });
  sumSplits.run(device, {
    dims,
    tensors: { partials, bias: launch.bias ?? partials, c: launch.c },
    params: { m, n, batch, splits, ldc, stride_c: strideC, offset_c: offsetC },
  });
  partials.dispose();
}

function runOnce(device: Device, { a, b, bias }: MatmulLaunch, c: Tensor, dims: MatmulDims): void {
  const call = { dims, tensors: { a, b, bias: bias ?? a, c }, params: matmulParams(dims) };
  if (device.caps.kernels === 'gpu') tiledMatmul.run(device, call);
  else registerMatmul(registerBlock(dims)).run(device, call);
}

/** The generated kernel that fits a launch. Pure. */
export function registerBlock(dims: MatmulDims): RegisterBlock {
  const { transposeA, transposeB, n, ldc, strideC, offsetC } = dims;
  const alignedC = isAligned(n, ldc, strideC, offsetC);
  return { ...selectRegisterBlock(dims), transposeA, transposeB, alignedC };
}
