// @vulpes/tensor-core/testing: what every kernel test needs. Imports vitest; ./metrics alone does not.

export { makeCaps } from './caps.ts';
export { readEntryPoints } from './entry-points.ts';
export { expectMatch } from './expect-match.ts';
export { gpuSuite } from './gpu-suite.ts';
export { gradcheck } from './gradcheck.ts';
export { maxAbsError, rmsErrorRatio } from './metrics.ts';
export { randomArray } from './random-array.ts';
export { readmeExamples } from './readme-example.ts';
export { underTwoFills } from './two-fills.ts';
