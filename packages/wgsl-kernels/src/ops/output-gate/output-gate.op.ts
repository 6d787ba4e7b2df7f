// The output gate of an attention layer. [FoX v2, output gate]

import {
  ArgumentError,
  assertShape,
  defineOp,
  type ForwardContext,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertFloat } from '../../lib/check.ts';
import {
  type GateActivation,
  outputGateBackward,
  outputGateForward,
} from './output-gate.kernel.ts';

const outputGateOp = defineOp({
  name: 'output-gate',
  forward({
    device,
    inputs: { o, gate },
    attrs: { activation },
  }: ForwardContext<{ o: Tensor; gate: Tensor }, { activation: GateActivation }>) {
    const y = device.empty(o.shape, { dtype: o.dtype, label: 'output-gate' });
    const dtypes = { o: o.dtype, gate: gate.dtype };
    const dims = { count: o.size, activation, dtypes };
    outputGateForward.run(device, { dims, tensors: { o, gate, y } });
    return { output: y, saved: { o, gate } };
  },
  backward({ device, dOutput: dy, saved: { o, gate }, attrs: { activation } }) {
    const dtypes = { o: o.dtype, gate: gate.dtype };
    const d_o = device.empty(o.shape, { dtype: dtypes.o, label: 'd gated' });
    const d_gate = device.empty(o.shape, { dtype: dtypes.gate, label: 'd gate' });
    outputGateBackward.run(device, {
      dims: { count: o.size, activation, dtypes },
      tensors: { o, gate, dy, d_o, d_gate },
    });
    return { o: d_o, gate: d_gate };
  },
});

/**
 * o · sigmoid(gate), or o · silu(gate), in the dtype of o.
 * @param o - any shape, f32 or f16
 * @param gate - same shape, f32 or f16
 * @throws ShapeError DTypeError ArgumentError
 */
export function outputGate(
  o: Tensor,
  gate: Tensor,
  { activation }: { activation: GateActivation },
): Tensor {
  assertFloat('outputGate', 'o', o);
  assertFloat('outputGate', 'gate', gate);
  assertShape('outputGate', 'gate', gate, o.shape);
  assertActivation('outputGate', activation);
  return outputGateOp({ o, gate }, { activation });
}

/** @throws ArgumentError */
export function assertActivation(op: string, activation: GateActivation): void {
  if (activation === 'sigmoid' || activation === 'silu') return;
  throw new ArgumentError(`${op}: expected activation 'sigmoid' or 'silu', got '${activation}'.`);
}
