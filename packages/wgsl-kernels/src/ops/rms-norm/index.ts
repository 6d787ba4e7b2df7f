export { gatedRmsNorm, rmsNorm, weightGradient } from './rms-norm.op.ts';
