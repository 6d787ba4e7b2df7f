// @vulpes/wgsl-kernels/testing: what tests of ops need.

export { logLambdaValues } from '../ops/cumulative-log-gate/index.ts';
export { referenceTokenVisibility, type VisibilityLimits } from '../ops/token-visibility/index.ts';
export { type HostTensor, runWithGrads } from './run-with-grads.ts';
