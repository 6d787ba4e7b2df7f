// Which kernels this device gets for the work that matters, at the sizes of the 125 M model.

import { forgettingAttention } from '@vulpes/fox-attention';
import { type Device, type Tensor, vjp } from '@vulpes/tensor-core';
import { linear } from '@vulpes/wgsl-kernels';

/** Labels of kernels, which name kernel, variant and tile. */
export interface Kernels {
  /** Of a linear layer, x [1024, 768], weight [768, 768], forward and backward. */
  readonly matmul: readonly string[];
  /** Of forgetting attention, 1024 tokens, 12 heads of 64, forward and backward. */
  readonly attention: readonly string[];
}

const TOKENS = 1024;
const [HEADS, HEAD_DIM] = [12, 64];

export function listKernels(device: Device): Kernels {
  const create = (label: string, ...shape: number[]) => device.empty(shape, { label });
  const hidden = HEADS * HEAD_DIM;
  return {
    matmul: recordLabels(device, () => {
      const layer = { x: create('x', TOKENS, hidden), weight: create('weight', hidden, hidden) };
      return differentiate(device, layer, (p) => linear(p.x, p.weight));
    }),
    attention: recordLabels(device, () => {
      const createHeads = (label: string) => create(label, 1, TOKENS, HEADS, HEAD_DIM);
      const [q, k, v] = [createHeads('q'), createHeads('k'), createHeads('v')];
      const inputs = { q, k, v, logFgate: create('logFgate', 1, TOKENS, HEADS) };
      differentiate(device, inputs, (p) => forgettingAttention(p.q, p.k, p.v, p.logFgate));
    }),
  };
}

function differentiate<P extends Record<string, Tensor>>(
  device: Device,
  inputs: P,
  forward: (inputs: P) => Tensor,
): void {
  using run = vjp(device, forward, inputs);
  run.pullback(device.empty(run.output.shape));
}

/** Labels of the kernels that `body` would launch, in order, each once; nothing is launched. */
function recordLabels(device: Device, body: () => void): string[] {
  const labels = new Set<string>();
  const { dispatch } = device;
  device.dispatch = ({ program }) => {
    labels.add(program.label);
  };
  try {
    device.scope(body);
  } finally {
    device.dispatch = dispatch;
  }
  return [...labels];
}
