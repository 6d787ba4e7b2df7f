export { type TokenShiftOptions, tokenShift } from './token-shift.op.ts';
