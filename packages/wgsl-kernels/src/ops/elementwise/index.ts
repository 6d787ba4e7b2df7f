export {
  accumulateKernel,
  addKernel,
  fillKernel,
  scaleByKernel,
  scaleKernel,
} from './elementwise.kernel.ts';
export { accumulate, add, fill, scale, scaleBy } from './elementwise.op.ts';
