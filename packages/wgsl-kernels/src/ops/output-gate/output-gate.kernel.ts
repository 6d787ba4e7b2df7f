// Specs, params and grids of the output gate kernels.

import { defineKernel } from '../../define-kernel.ts';
import sigmoidWgsl from '../../lib/sigmoid.wgsl';
import { threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import backwardWgsl from './output-gate-backward.wgsl';
import forwardWgsl from './output-gate-forward.wgsl';

export type GateActivation = 'sigmoid' | 'silu';

interface Dims {
  /** Elements. */
  readonly count: number;
  readonly activation: GateActivation;
}

const select = ({ count, activation }: Dims) => ({
  WG_SIZE: 64,
  IS_SILU: activation === 'silu',
  Vector: vectorType(vectorWidth(count)),
});

const params = ({ count }: Dims) => ({ count: count / vectorWidth(count) });

const grid = ({ count }: Dims, { WG_SIZE }: { WG_SIZE: number }) =>
  threadGrid(count / vectorWidth(count), WG_SIZE);

export const outputGateForward = defineKernel({
  name: 'output-gate-forward',
  source: forwardWgsl,
  lib: [sigmoidWgsl],
  bindings: ['o:read', 'gate:read', 'y:write'],
  params,
  select,
  grid,
});

export const outputGateBackward = defineKernel({
  name: 'output-gate-backward',
  source: backwardWgsl,
  lib: [sigmoidWgsl],
  bindings: ['o:read', 'gate:read', 'dy:read', 'd_o:write', 'd_gate:write'],
  params,
  select,
  grid,
});
