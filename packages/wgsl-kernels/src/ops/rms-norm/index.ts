export { rmsNorm } from './rms-norm.op.ts';
