// @vulpes/wgsl-kernels/testing: what tests of ops need.

export { type HostTensor, runWithGrads } from './run-with-grads.ts';
