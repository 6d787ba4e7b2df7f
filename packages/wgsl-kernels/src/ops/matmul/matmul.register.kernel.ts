// The register-blocked matmul kernels for software adapters, one per block shape and transpose.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import type { MatmulDims } from './plan.ts';
import registerIoWgsl from './register-io.wgsl';
import { type RegisterBlock, registerMatmulSource } from './register-source.ts';

/** Threads of a workgroup: 4 SIMD groups of SwiftShader, enough workgroups for both cores on small matrices. */
const WG_SIZE = 16;

const defineRegisterMatmul = (block: RegisterBlock) =>
  defineKernel({
    name: `matmul-register-${block.rows}x${block.cols}-${layoutName(block)}`,
    source: `${registerIoWgsl}\n${registerMatmulSource(block)}`,
    bindings: ['a:read', 'b:read', 'bias:read', 'c:write'],
    params: [
      'm:u32',
      'n:u32',
      'k:u32',
      'batch:u32',
      'splits:u32',
      'k_split:u32',
      'lda:u32',
      'ldb:u32',
      'ldc:u32',
      'stride_a:u32',
      'stride_b:u32',
      'stride_c:u32',
    ],
    select: (dims: MatmulDims) => {
      const alignedA = dims.lda % 4 === 0 && dims.strideA % 4 === 0;
      const alignedB = dims.ldb % 4 === 0 && dims.strideB % 4 === 0;
      return {
        WG_SIZE,
        ALIGNED_A: alignedA,
        ALIGNED_B: alignedB,
        TAIL_K: dims.k % 4 !== 0,
        HAS_BIAS: dims.hasBias,
        ACCUMULATE: dims.accumulate,
        ElemA: alignedA ? 'vec4<f32>' : 'f32',
        ElemB: alignedB ? 'vec4<f32>' : 'f32',
      };
    },
    grid: ({ m, n, batch, splits }, spec) => {
      const blocks = Math.ceil(m / block.rows) * Math.ceil(n / block.cols) * batch * splits;
      return foldGrid(Math.ceil(blocks / spec.WG_SIZE));
    },
    flops: ({ m, n, k, batch }) => 2 * m * n * k * batch,
    bytes: ({ m, n, k, batch }) => 4 * batch * (m * k + k * n + m * n),
  });

const layoutName = ({ transposeA, transposeB }: RegisterBlock): string =>
  (transposeA ? 't' : 'n') + (transposeB ? 't' : 'n');

const kernels = new Map<string, ReturnType<typeof defineRegisterMatmul>>();

/** The kernel of a block shape; made at first use. */
export function registerMatmul(block: RegisterBlock): ReturnType<typeof defineRegisterMatmul> {
  const key = `${block.rows}x${block.cols}-${layoutName(block)}`;
  const kernel = kernels.get(key) ?? defineRegisterMatmul(block);
  kernels.set(key, kernel);
  return kernel;
}
