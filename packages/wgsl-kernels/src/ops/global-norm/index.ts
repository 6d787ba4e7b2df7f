export { referenceClipCoefficient } from './global-norm.reference.ts';
export { clipCoefficient, globalNorm } from './global-norm.ts';
