// The register-blocked matmul kernels for software adapters, one per block shape and transpose.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import { MATMUL_BINDINGS, MATMUL_PARAMS, matmulBytes, matmulFlops } from './params.ts';
import { isAligned, type MatmulDims } from './plan.ts';
import registerIoWgsl from './register-io.wgsl';
import { type RegisterBlock, registerMatmulSource } from './register-source.ts';

/** Threads of a workgroup: 4 SIMD groups of SwiftShader, small enough that both cores get work on small matrices. */
const WG_SIZE = 16;

const defineRegisterMatmul = (block: RegisterBlock) =>
  defineKernel({
    name: `matmul-register-${blockName(block)}`,
    source: `${registerIoWgsl}\n${registerMatmulSource(block)}`,
    bindings: MATMUL_BINDINGS,
    params: MATMUL_PARAMS,
    select: (dims: MatmulDims) => {
      const alignedA = isAligned(dims.offsetA, dims.lda, dims.strideA);
      const alignedB = isAligned(dims.offsetB, dims.ldb, dims.strideB);
      return {
        WG_SIZE,
        ALIGNED_A: alignedA,
        ALIGNED_B: alignedB,
        TAIL_K: dims.k % 4 !== 0,
        HAS_BIAS: dims.hasBias,
        ACCUMULATE: dims.accumulate,
        ElemA: alignedA ? 'vec4<f32>' : 'f32',
        ElemB: alignedB ? 'vec4<f32>' : 'f32',
        ElemC: block.alignedC ? 'vec4<f32>' : 'f32',
      };
    },
    grid: ({ m, n, batch, splits }, spec) => {
      const blocks = Math.ceil(m / block.rows) * Math.ceil(n / block.cols) * batch * splits;
      return foldGrid(Math.ceil(blocks / spec.WG_SIZE));
    },
    flops: matmulFlops,
    bytes: matmulBytes,
  });

const blockName = ({ rows, cols, transposeA, transposeB, alignedC }: RegisterBlock): string =>
  `${rows}x${cols}-${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}${alignedC ? '-vec4' : ''}`;

const kernels = new Map<string, ReturnType<typeof defineRegisterMatmul>>();

/** The kernel of a block shape; made at first use. */
export function registerMatmul(block: RegisterBlock): ReturnType<typeof defineRegisterMatmul> {
  const kernel = kernels.get(blockName(block)) ?? defineRegisterMatmul(block);
  kernels.set(blockName(block), kernel);
  return kernel;
}
