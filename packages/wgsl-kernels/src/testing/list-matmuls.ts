// The matmul kernels: each block, tile and transpose that the choice can come to, with and without a rest.

import { type MatmulShape, matmulVariants, planMatmul } from '../ops/matmul/launch.ts';
import { matrixMatmul } from '../ops/matmul/matmul.matrix.kernel.ts';
import type { MatmulDims } from '../ops/matmul/plan.ts';
import { sumSplits } from '../ops/matmul/sum-splits.kernel.ts';
import type { ListedKernel } from './listed-kernel.ts';

const shapes: readonly MatmulShape[] = [1, 4, 67, 512, 4096, 524288].flatMap((m) =>
  [1, 4, 130, 4096].flatMap((n) =>
    [false, true].flatMap((transposeA) =>
      [false, true].map((transposeB) => ({ m, n, k: 515, transposeA, transposeB })),
    ),
  ),
);

/** The sizes at which each kernel runs. */
export function listMatmuls(): ListedKernel[] {
  const listed = new Map<ListedKernel['kernel'], MatmulDims[]>();
  for (const variant of matmulVariants.variants) {
    for (const shape of shapes) {
      const dims = planMatmul(shape, variant);
      const kernel = variant.selectKernel(dims);
      listed.set(kernel, [...(listed.get(kernel) ?? []), dims]);
    }
  }
  const all = [...listed.values()].flat();
  return [
    ...[...listed].map(([kernel, sizes]) => ({ kernel, sizes })),
    { kernel: sumSplits, sizes: all },
    {
      kernel: matrixMatmul,
      // Its matrices are the device's own: of 8 rows each, 2^19 rows are more workgroups than a side may have.
      sizes: all.filter(({ m }) => m <= 4096),
      requires: { features: ['f16', 'subgroupMatrix'] },
    },
  ];
}
