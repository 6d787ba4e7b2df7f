export { globalNorm } from './global-norm.ts';
