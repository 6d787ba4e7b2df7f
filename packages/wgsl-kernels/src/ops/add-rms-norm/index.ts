export { addRmsNorm } from './add-rms-norm.op.ts';
