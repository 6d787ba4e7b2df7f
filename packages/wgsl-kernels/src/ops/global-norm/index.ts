export { naiveClipCoefficient } from './global-norm.naive.ts';
export { clipCoefficient, globalNorm } from './global-norm.ts';
