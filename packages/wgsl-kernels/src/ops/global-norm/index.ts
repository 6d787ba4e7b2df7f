export { clipCoefficient, globalNorm } from './global-norm.ts';
