// Specs, params and grids of the log-sigmoid kernels.

import type { DType } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import logOnePlusWgsl from '../../lib/log-one-plus.wgsl';
import logSigmoidWgsl from '../../lib/log-sigmoid.wgsl';
import sigmoidWgsl from '../../lib/sigmoid.wgsl';
import { threadGrid } from '../../lib/vector.ts';
import backwardWgsl from './log-sigmoid-backward.wgsl';
import forwardWgsl from './log-sigmoid-forward.wgsl';

interface Dims {
  /** Elements. */
  readonly count: number;
  /** Of x and dx, f32 or f16. */
  readonly dtype: DType;
}

export const logSigmoidForward = defineKernel({
  name: 'log-sigmoid-forward',
  source: forwardWgsl,
  lib: [logOnePlusWgsl, logSigmoidWgsl],
  bindings: ['x:read', 'y:write'],
  select: ({ dtype }: Dims) => ({ WG_SIZE: 64, X: dtype }),
  grid: ({ count }, { WG_SIZE }) => threadGrid(count, WG_SIZE),
});

export const logSigmoidBackward = defineKernel({
  name: 'log-sigmoid-backward',
  source: backwardWgsl,
  lib: [sigmoidWgsl],
  bindings: ['x:read', 'dy:read', 'dx:write'],
  select: ({ dtype }: Dims) => ({ WG_SIZE: 64, Vector: 'f32', X: dtype }),
  grid: ({ count }, { WG_SIZE }) => threadGrid(count, WG_SIZE),
});
