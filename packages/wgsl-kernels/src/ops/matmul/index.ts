export { launchMatmul, type MatmulLaunch, planMatmul } from './launch.ts';
export { matrixMatmul } from './matmul.matrix.kernel.ts';
export { type MatmulOptions, matmul } from './matmul.op.ts';
export { scalarMatmul } from './matmul.scalar.kernel.ts';
export { tiledMatmul } from './matmul.tiled.kernel.ts';
export { fewRowsSubgroup, fewRowsTiled } from './matmul-few-rows.kernel.ts';
export type { MatmulDims, MatmulDType } from './plan.ts';
export { sumSplits } from './sum-splits.kernel.ts';
