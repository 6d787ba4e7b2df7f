// Which kernel computes a product: by its sizes and by the device.

import { type DeviceCaps, defineVariants } from '@vulpes/tensor-core';
import { avoidBarriersOnCpu, preferScalarOnCpu } from '../../lib/prefer.ts';
import { hasFewRows } from './few-rows.ts';
import { matrixMatmul, selectMatrixLayout } from './matmul.matrix.kernel.ts';
import { scalarMatmul } from './matmul.scalar.kernel.ts';
import { largeTiledMatmul, tiledMatmul } from './matmul.tiled.kernel.ts';
import { fewRowsSubgroup, fewRowsTiled } from './matmul-few-rows.kernel.ts';
import { findMatrixObstacle, findMatrixShape, type MatrixShape } from './matrix-tiles.ts';
import {
  isAligned,
  type MatmulDims,
  type MatmulSizes,
  selectScalarBlock,
  selectScalarSplits,
  TILES,
} from './plan.ts';
import type { ScalarBlock } from './scalar-source.ts';
import { chooseMatrixPlan, chooseTiledPlan } from './tuning.ts';

type MatmulKernel =
  | ReturnType<typeof scalarMatmul>
  | ReturnType<typeof matrixMatmul>
  | typeof tiledMatmul.medium
  | ReturnType<typeof largeTiledMatmul>
  | typeof fewRowsSubgroup
  | typeof fewRowsTiled;

export interface MatmulVariant {
  /** Parts of K that are summed by a second pass. */
  selectSplits(sizes: MatmulSizes, caps: DeviceCaps): number;
  /** The kernel of a launch. */
  selectKernel(dims: MatmulDims, caps: DeviceCaps): MatmulKernel;
}

const scalar = {
  name: 'scalar',
  selectSplits: (sizes: MatmulSizes) => selectScalarSplits(sizes, selectScalarBlock(sizes)),
  selectKernel: (dims: MatmulDims) => scalarMatmul(scalarBlock(dims)),
} as const;

const isSingle = ({ dtypeA, dtypeB }: MatmulSizes): boolean => dtypeA !== 'f16' && dtypeB !== 'f16';

const matrix = {
  name: 'matrix',
  requires: {
    features: ['f16', 'subgroupMatrix'],
    hasOneSubgroupSize: true,
    limits: { maxComputeWorkgroupStorageSize: 20480 },
  },
  supports: (sizes: MatmulSizes, caps: DeviceCaps): true | string =>
    isSingle(sizes)
      ? 'needs a factor of f16: products of f32 are not rounded'
      : (findMatrixObstacle(caps) ?? true),
  avoid: ({ isSoftware }: DeviceCaps): string | null =>
    isSoftware ? 'a CPU adapter has no units for matrices' : null,
  selectSplits: (sizes: MatmulSizes, caps: DeviceCaps) =>
    chooseMatrixPlan(sizes, shapeOf(caps), caps.tuning).splits,
  selectKernel: (dims: MatmulDims, caps: DeviceCaps) => {
    const shape = shapeOf(caps);
    const { tile } = chooseMatrixPlan(dims, shape, caps.tuning);
    return matrixMatmul(selectMatrixLayout(dims, tile, shape));
  },
} as const;

/** Of a device that has one, as `supports` has found. */
const shapeOf = (caps: DeviceCaps): MatrixShape => findMatrixShape(caps) as MatrixShape;

function selectTiledKernel(dims: MatmulDims, { tuning }: DeviceCaps): MatmulKernel {
  const { tile } = chooseTiledPlan(dims, tuning);
  if (tile !== TILES.large) return tile === TILES.medium ? tiledMatmul.medium : tiledMatmul.small;
  const { transposeA, transposeB, n, ldc, strideC, offsetC } = dims;
  return largeTiledMatmul({
    transposeA,
    transposeB,
    alignedC: isAligned(n, ldc, strideC, offsetC),
  });
}

/** Products of any sizes. */
export const matmulVariants = defineVariants<MatmulSizes, MatmulVariant>('matmul', [
  matrix,
  {
    name: 'tiled',
    avoid: avoidBarriersOnCpu,
    selectSplits: (sizes, { tuning }) => chooseTiledPlan(sizes, tuning).splits,
    selectKernel: selectTiledKernel,
  },
  scalar,
]);

const supports = (sizes: MatmulSizes): true | string =>
  hasFewRows(sizes) ||
  `needs A [m, k] B [n, k]ᵀ with at most 8 rows m, got ${sizes.m}${sizes.transposeA ? ', A transposed' : ''}${sizes.transposeB ? '' : ', B [k, n]'}`;

/** Products of at most 8 rows with the rows of B, as in decoding. */
export const fewRowsVariants = defineVariants<MatmulSizes, MatmulVariant>('matmul-few-rows', [
  {
    name: 'subgroup',
    requires: {
      features: ['subgroups'],
      subgroupSizes: { min: 4, max: 128 },
      hasOneSubgroupSize: true,
    },
    supports,
    avoid: preferScalarOnCpu,
    selectSplits: () => 1,
    selectKernel: () => fewRowsSubgroup,
  },
  {
    name: 'tiled',
    supports,
    avoid: avoidBarriersOnCpu,
    selectSplits: () => 1,
    selectKernel: () => fewRowsTiled,
  },
  scalar,
]);

/** The variant that computes a product. One forced for `matmul` by name holds for products of few rows, too. */
export function chooseMatmul(caps: DeviceCaps, sizes: MatmulSizes): MatmulVariant {
  const isForced = caps.variants.matmul !== undefined;
  const isFew = hasFewRows(sizes) && isSingle(sizes);
  return (isFew && !isForced ? fewRowsVariants : matmulVariants).choose(caps, sizes);
}

/** The generated kernel that fits a launch. Pure. */
export function scalarBlock(dims: MatmulDims): ScalarBlock {
  const { transposeA, transposeB, n, ldc, strideC, offsetC } = dims;
  const alignedC = isAligned(n, ldc, strideC, offsetC);
  return { ...selectScalarBlock(dims), transposeA, transposeB, alignedC };
}
