// The matmul kernel for subgroup matrices: f16 factors, f32 sums. Products of f32 tensors never take it.

import {
  type DeviceCaps,
  findMissing,
  type SubgroupMatrixConfig,
  UnsupportedError,
} from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import matmulMatrixWgsl from './matmul.matrix.wgsl';
import type { MatmulSizes } from './matmul.reference.ts';

const takesHalf = ({ componentType, resultComponentType }: SubgroupMatrixConfig): boolean =>
  componentType === 'f16' && resultComponentType === 'f32';

/** Why a device cannot run the kernel; null if it can. Pure. */
export function findMatrixObstacle(caps: DeviceCaps): string | null {
  const hasMatrices = caps.subgroupMatrixConfigs.some(takesHalf);
  const [obstacle = null] = [
    ...findMissing({ features: ['f16'] }, caps),
    ...(hasMatrices ? [] : ['needs subgroup matrices f16 -> f32']),
    // One subgroup is a workgroup, so its size has to be known when the kernel is compiled.
    ...findMissing({ hasOneSubgroupSize: true }, caps),
  ];
  return obstacle;
}

/** Threads and matrix shape on a device: 8 x 8 x 8 with lavapipe, 16 x 16 x 16 with NVIDIA. */
function selectShape(caps: DeviceCaps): { WG_SIZE: number } & SubgroupMatrixConfig {
  const obstacle = findMatrixObstacle(caps);
  const config = caps.subgroupMatrixConfigs.find(takesHalf);
  if (config && !obstacle) return { WG_SIZE: caps.subgroupMaxSize, ...config };
  throw new UnsupportedError(
    `matmul-matrix: expected a device that it can run on, but it ${obstacle}. Take another variant.`,
  );
}

export const matrixMatmul = defineKernel({
  name: 'matmul-matrix',
  source: matmulMatrixWgsl,
  bindings: ['a:read', 'b:read', 'c:write'],
  params: ({ m, n, k }: MatmulSizes) => ({ m, n, k }),
  select: ({ transposeA, transposeB }: MatmulSizes, caps: DeviceCaps) => {
    const { WG_SIZE, M, N, K } = selectShape(caps);
    return {
      WG_SIZE,
      TILE_M: M,
      TILE_N: N,
      TILE_K: K,
      TRANSPOSE_A: transposeA,
      TRANSPOSE_B: transposeB,
    };
  },
  grid: ({ m, n, batch }, spec) => [Math.ceil(n / spec.TILE_N), Math.ceil(m / spec.TILE_M), batch],
  workgroupBytes: ({ TILE_M, TILE_N, TILE_K }) =>
    2 * TILE_K * (TILE_M + TILE_N) + 4 * TILE_M * TILE_N,
});
