export { tokenShift } from './token-shift.op.ts';
