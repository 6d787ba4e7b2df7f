export { emptySums, rmsNorm, weightGradient } from './rms-norm.op.ts';
