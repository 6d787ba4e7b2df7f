// @vulpes/wgsl-kernels: the kernel toolkit and the general kernels of a transformer.

export { assemble, type KernelSpec } from './assemble.ts';
export type { BlockRanges, BlockSizes } from './block-ranges.ts';
export {
  defineKernel,
  type Kernel,
  type KernelCall,
  type KernelDefinition,
} from './define-kernel.ts';
