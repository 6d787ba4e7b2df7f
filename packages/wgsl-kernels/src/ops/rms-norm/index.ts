export { rmsNorm, weightGradient } from './rms-norm.op.ts';
