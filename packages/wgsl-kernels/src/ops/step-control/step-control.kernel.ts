// Spec and grid of the step control kernel.

import { defineKernel } from '../../define-kernel.ts';
import stepControlStruct from '../../lib/step-control.wgsl';
import stepControlWgsl from './step-control.wgsl';

export const stepControlKernel = defineKernel({
  name: 'step-control',
  source: stepControlWgsl,
  lib: [stepControlStruct],
  bindings: ['norm:read', 'numbers:read', 'state:read_write', 'control:write'],
  select: (_dims: Record<string, never>) => ({}),
  grid: () => [1, 1, 1],
});
