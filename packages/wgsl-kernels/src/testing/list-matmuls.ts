// The matmul kernels: each block, tile and transpose that the choice can come to, with and without a rest.

import type { DeviceCaps } from '@vulpes/tensor-core';
import { makeCaps } from '@vulpes/tensor-core/testing';
import { type MatmulShape, planMatmul } from '../ops/matmul/launch.ts';
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

/** Rows that are aligned and not, results of both types, with and without a rest of K. */
const halfShapes: readonly MatmulShape[] = shapes
  .filter(({ m }) => m !== 4 && m !== 512)
  .flatMap((shape) =>
    ([515, 1024] as const).map((k) => {
      const dtypeC = k === 515 ? 'f32' : 'f16';
      return { ...shape, k, dtypeA: 'f16', dtypeB: 'f16', dtypeC };
    }),
  );

/** A device with matrices of 16 × 16, and one with 8 × 8. */
const matrixDevices: readonly DeviceCaps[] = [
  { side: 16, threads: 32 },
  { side: 8, threads: 8 },
].map(({ side, threads }) =>
  makeCaps({
    features: { f16: true, subgroups: true, subgroupMatrix: true, timestampQuery: false },
    subgroupMatrixConfigs: [
      { componentType: 'f16', resultComponentType: 'f32', M: side, N: side, K: side },
    ],
    subgroupMinSize: threads,
    subgroupMaxSize: threads,
  }),
);

/** What the devices of the matrix kernels have, beyond the portable limits. */
const matrixRequires = {
  features: ['f16', 'subgroupMatrix'],
  limits: { maxComputeWorkgroupStorageSize: 20480 },
} as const;

type Launches = Map<ListedKernel['kernel'], MatmulDims[]>;

function addLaunches(
  listed: Launches,
  {
    variant,
    launches,
    caps,
  }: { variant: MatmulVariant; launches: readonly MatmulShape[]; caps: DeviceCaps },
): void {
  for (const shape of launches) {
    const dims = planMatmul(shape, variant, caps);
    const kernel = variant.selectKernel(dims, caps);
    listed.set(kernel, [...(listed.get(kernel) ?? []), dims]);
  }
}

const toListed = (listed: Launches): ListedKernel[] =>
  [...listed].map(([kernel, sizes]) => ({ kernel, sizes }));

/** The sizes at which each kernel runs. */
export function listMatmuls(): ListedKernel[] {
  const plain: Launches = new Map();
  const matrix: Launches = new Map();
  const caps = makeCaps();
  for (const variant of matmulVariants.variants) {
    if (variant.name !== 'matrix') {
      addLaunches(plain, { variant, launches: [...shapes, ...halfShapes], caps });
      continue;
    }
    for (const caps of matrixDevices) addLaunches(matrix, { variant, launches: halfShapes, caps });
  }
  for (const variant of fewRowsVariants.variants) {
    addLaunches(plain, { variant, launches: fewRowsShapes, caps });
  }
  return [
    ...toListed(plain),
    ...toListed(matrix).map((listed) => ({ ...listed, requires: matrixRequires })),
    { kernel: sumSplits, sizes: [...plain.values(), ...matrix.values()].flat() },
  ];
}
