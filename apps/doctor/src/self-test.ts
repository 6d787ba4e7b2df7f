// Does the adapter compute? One small kernel is compiled, run, read back and compared exactly.

import type { Device } from '@vulpes/tensor-core';
import { defineKernel } from '@vulpes/wgsl-kernels';
import selfTestWgsl from './self-test.wgsl';

export interface SelfTest {
  readonly passed: boolean;
  /** What was run, or what went wrong. */
  readonly detail: string;
  readonly milliseconds: number;
}

/** No multiple of the workgroup. */
const SIZE = 1000;

const selfTestKernel = defineKernel({
  name: 'self-test',
  source: selfTestWgsl,
  bindings: ['x:read', 'y:write'],
  select: () => ({}),
  grid: ({ size }: { size: number }) => [Math.ceil(size / 64), 1, 1],
});

/** Halves and whole numbers, which f32 holds exactly. */
const inputs = Float32Array.from({ length: SIZE }, (_, i) => (i % 97) / 2);

export async function runSelfTest(device: Device): Promise<SelfTest> {
  const start = performance.now();
  const result = await compute(device).then(compareResult, (error: unknown) => ({
    passed: false,
    detail: error instanceof Error ? error.message : String(error),
  }));
  return { ...result, milliseconds: performance.now() - start };
}

/** @param y - output of the kernel */
export function compareResult(y: ArrayLike<number>): Omit<SelfTest, 'milliseconds'> {
  const wrong = inputs.findIndex((x, i) => y[i] !== 2 * x + i);
  if (wrong === -1) {
    return { passed: true, detail: `one kernel was compiled and run; ${SIZE} results are exact` };
  }
  const expected = 2 * inputs[wrong]! + wrong;
  return { passed: false, detail: `expected y[${wrong}] = ${expected}, got ${y[wrong]}` };
}

async function compute(device: Device): Promise<ArrayLike<number>> {
  using x = device.tensor(inputs, [SIZE], { label: 'x' });
  using y = device.empty([SIZE], { label: 'y' });
  selfTestKernel.run(device, { dims: { size: SIZE }, tensors: { x, y } });
  return await y.data();
}
