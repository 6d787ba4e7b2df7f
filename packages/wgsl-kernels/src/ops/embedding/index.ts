export { embedding } from './embedding.op.ts';
