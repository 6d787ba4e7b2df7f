// The matmul kernels whose threads own a block of C in registers, one kernel per block shape and transpose.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import { vectorType } from '../../lib/vector.ts';
import matmulScalarWgsl from './matmul.scalar.wgsl';
import { MATMUL_BINDINGS, matmulParams } from './params.ts';
import { isAligned, type MatmulDims } from './plan.ts';
import { type ScalarBlock, scalarMatmulSource } from './scalar-source.ts';

/** Threads of a workgroup: 4 SIMD groups of SwiftShader, small enough that both cores get work on small matrices. */
const WG_SIZE = 16;

const defineScalarMatmul = (block: ScalarBlock) =>
  defineKernel({
    name: `matmul.scalar-${blockName(block)}`,
    source: `${matmulScalarWgsl}\n${scalarMatmulSource(block)}`,
    bindings: MATMUL_BINDINGS,
    params: matmulParams,
    select: (dims: MatmulDims) => {
      const alignedA = isAligned(dims.offsetA, dims.lda, dims.strideA);
      const alignedB = isAligned(dims.offsetB, dims.ldb, dims.strideB);
      return {
        WG_SIZE,
        ALIGNED_A: alignedA,
        ALIGNED_B: alignedB,
        TAIL_K: dims.k % 4 !== 0,
        ACCUMULATE: dims.accumulate,
        StoredA: vectorType(alignedA ? 4 : 1, dims.dtypeA),
        StoredB: vectorType(alignedB ? 4 : 1, dims.dtypeB),
        StoredC: vectorType(block.alignedC ? 4 : 1, dims.dtypeC),
        VectorA: vectorType(4, dims.dtypeA),
        VectorB: vectorType(4, dims.dtypeB),
      };
    },
    grid: ({ m, n, batch, splits }, spec) => {
      const blocks = Math.ceil(m / block.rows) * Math.ceil(n / block.cols) * batch * splits;
      return foldGrid(Math.ceil(blocks / spec.WG_SIZE));
    },
  });

const blockName = ({ rows, cols, transposeA, transposeB, alignedC }: ScalarBlock): string =>
  `${rows}x${cols}-${transposeA ? 't' : 'n'}${transposeB ? 't' : 'n'}${alignedC ? '-vec4' : ''}`;

const kernels = new Map<string, ReturnType<typeof defineScalarMatmul>>();

/** The kernel of a block shape; made at first use. */
export function scalarMatmul(block: ScalarBlock): ReturnType<typeof defineScalarMatmul> {
  const kernel = kernels.get(blockName(block)) ?? defineScalarMatmul(block);
  kernels.set(blockName(block), kernel);
  return kernel;
}
