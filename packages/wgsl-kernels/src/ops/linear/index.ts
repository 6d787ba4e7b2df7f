export { addLinear, linear } from './linear.op.ts';
