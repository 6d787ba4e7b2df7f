// @vulpes/wgsl-kernels/testing: what tests of ops need.

export { logLambdaValues } from '../ops/cumulative-log-gate/index.ts';
export { naiveTokenSpans, type SpanLimits } from '../ops/token-spans/index.ts';
export { type HostTensor, runWithGrads } from './run-with-grads.ts';
