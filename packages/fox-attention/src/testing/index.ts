// @vulpes/fox-attention/testing: the kernels of this package, for checks of all of them.

export { listKernels, listVariants } from './list-kernels.ts';
