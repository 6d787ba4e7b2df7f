export { addLinear, type LinearOptions, linear } from './linear.op.ts';
