// The matmul kernels: each block, tile and transpose that the choice can come to, with and without a rest.

import { type MatmulShape, planMatmul } from '../ops/matmul/launch.ts';
import { matrixMatmul } from '../ops/matmul/matmul.matrix.kernel.ts';
import type { MatmulDims } from '../ops/matmul/plan.ts';
import { sumSplits } from '../ops/matmul/sum-splits.kernel.ts';
import { fewRowsVariants, type MatmulVariant, matmulVariants } from '../ops/matmul/variants.ts';
import type { ListedKernel } from './listed-kernel.ts';

const shapes: readonly MatmulShape[] = [1, 4, 67, 512, 4096, 524288].flatMap((m) =>
  [1, 4, 130, 4096].flatMap((n) =>
    [false, true].flatMap((transposeA) =>
      [false, true].map((transposeB) => ({ m, n, k: 515, transposeA, transposeB })),
    ),
  ),
);

const fewRowsShapes: readonly MatmulShape[] = [1, 3, 8].flatMap((m) =>
  [1, 130, 4096, 262144].flatMap((n) => [515, 768].map((k) => ({ m, n, k, transposeB: true }))),
);

/** The sizes at which each kernel runs. */
export function listMatmuls(): ListedKernel[] {
  const listed = new Map<ListedKernel['kernel'], MatmulDims[]>();
  const add = (variant: MatmulVariant, launches: readonly MatmulShape[]) => {
    for (const shape of launches) {
      const dims = planMatmul(shape, variant);
      const kernel = variant.selectKernel(dims);
      listed.set(kernel, [...(listed.get(kernel) ?? []), dims]);
    }
  };
  for (const variant of matmulVariants.variants) add(variant, shapes);
  for (const variant of fewRowsVariants.variants) add(variant, fewRowsShapes);
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
