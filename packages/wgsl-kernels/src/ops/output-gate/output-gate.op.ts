// The output gate of an attention layer. [FoX v2, output gate]

import {
  ArgumentError,
  assertShape,
  defineOp,
  type ForwardContext,
  type Tensor,
} from '@vulpes/tensor-core';
import { assertDType } from '../../lib/check.ts';
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
    const y = device.empty(o.shape, { label: 'output-gate' });
    const dims = { count: o.size, activation };
    outputGateForward.run(device, { dims, tensors: { o, gate, y } });
    return { output: y, saved: { o, gate } };
  },
  backward({ device, dOutput: dy, saved: { o, gate }, attrs: { activation } }) {
    const d_o = device.empty(o.shape, { label: 'd gated' });
    const d_gate = device.empty(o.shape, { label: 'd gate' });
    outputGateBackward.run(device, {
      dims: { count: o.size, activation },
      tensors: { o, gate, dy, d_o, d_gate },
    });
    return { o: d_o, gate: d_gate };
  },
});

/**
 * o · sigmoid(gate), or o · silu(gate).
 * @param o - any shape, f32
 * @param gate - same shape, f32
 * @throws ShapeError DTypeError ArgumentError
 */
export function outputGate(
  o: Tensor,
  gate: Tensor,
  { activation }: { activation: GateActivation },
): Tensor {
  assertDType('outputGate', 'o', o, 'f32');
  assertDType('outputGate', 'gate', gate, 'f32');
  assertShape('outputGate', 'gate', gate, o.shape);
  if (activation !== 'sigmoid' && activation !== 'silu') {
    throw new ArgumentError(
      `outputGate: expected activation 'sigmoid' or 'silu', got '${activation}'.`,
    );
  }
  return outputGateOp({ o, gate }, { activation });
}
