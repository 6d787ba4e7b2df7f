// @vulpes/wgsl-kernels/testing: what tests of ops need, the kernels of this package, and checks of any package's kernels.

export { findUnsetAtomics } from './find-unset-atomics.ts';
export { listKernels, listVariants } from './list-kernels.ts';
export {
  type AnyKernel,
  findKernelProblems,
  findUnlisted,
  type ListedKernel,
} from './listed-kernel.ts';
export { measureWorkgroup, type WorkgroupUse } from './measure-workgroup.ts';
export { type HostTensor, runWithGrads } from './run-with-grads.ts';
