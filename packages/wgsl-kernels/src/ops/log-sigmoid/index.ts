export { logSigmoid } from './log-sigmoid.op.ts';
