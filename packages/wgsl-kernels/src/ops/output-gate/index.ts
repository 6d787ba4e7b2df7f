export type { GateActivation } from './output-gate.kernel.ts';
export { outputGate } from './output-gate.op.ts';
