export { swigluBackward, swigluForward } from './swiglu.kernel.ts';
export { swiglu } from './swiglu.op.ts';
