export { type HostTensor, runWithGrads } from './run-with-grads.ts';
