export { rope } from './rope.op.ts';
