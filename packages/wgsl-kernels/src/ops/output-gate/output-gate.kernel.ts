// Specs, params and grids of the output gate kernels.

import type { DType } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import sigmoidWgsl from '../../lib/sigmoid.wgsl';
import { threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import gateActWgsl from './gate-act.wgsl';
import backwardWgsl from './output-gate-backward.wgsl';
import forwardWgsl from './output-gate-forward.wgsl';

export type GateActivation = 'sigmoid' | 'silu';

/** WGSL of the activation and its derivative; needs `IS_SILU` and `Vector` in the spec. */
export const GATE_LIB = [sigmoidWgsl, gateActWgsl];

interface Dims {
  /** Elements. */
  readonly count: number;
  readonly activation: GateActivation;
  /** f32 or f16: o, dy, do and the result; gate and dgate. */
  readonly dtypes: { readonly o: DType; readonly gate: DType };
}

const select = ({ count, activation, dtypes }: Dims) => {
  const width = vectorWidth(count);
  const [O, Gate] = [vectorType(width, dtypes.o), vectorType(width, dtypes.gate)];
  return { WG_SIZE: 64, IS_SILU: activation === 'silu', Vector: vectorType(width), O, Gate };
};

const params = ({ count }: Dims) => ({ count: count / vectorWidth(count) });

const grid = ({ count }: Dims, { WG_SIZE }: { WG_SIZE: number }) =>
  threadGrid(count / vectorWidth(count), WG_SIZE);

export const outputGateForward = defineKernel({
  name: 'output-gate-forward',
  source: forwardWgsl,
  lib: GATE_LIB,
  bindings: ['o:read', 'gate:read', 'y:write'],
  params,
  select,
  grid,
});

export const outputGateBackward = defineKernel({
  name: 'output-gate-backward',
  source: backwardWgsl,
  lib: GATE_LIB,
  bindings: ['o:read', 'gate:read', 'dy:read', 'd_o:write', 'd_gate:write'],
  params,
  select,
  grid,
});
