import type { DeviceCaps } from '@vulpes/tensor-core';
import { describe, expect, test } from 'vitest';
import type { KernelSpec } from '../assemble.ts';
import { broadcastRowsKernel } from '../ops/broadcast-rows/broadcast-rows.kernel.ts';
import * as scans from '../ops/cumulative-log-gate/cumulative-log-gate.kernel.ts';
import * as embedding from '../ops/embedding/embedding.kernel.ts';
import * as logSigmoid from '../ops/log-sigmoid/log-sigmoid.kernel.ts';
import * as outputGate from '../ops/output-gate/output-gate.kernel.ts';
import * as rmsNorm from '../ops/rms-norm/rms-norm.kernel.ts';
import { ropeKernel } from '../ops/rope/rope.kernel.ts';
import { sumRowsKernel } from '../ops/sum-rows/sum-rows.kernel.ts';
import * as swiglu from '../ops/swiglu/swiglu.kernel.ts';
import * as tokenShift from '../ops/token-shift/token-shift.kernel.ts';
import { tokenVisibilityKernel } from '../ops/token-visibility/token-visibility.kernel.ts';

/** Every size a kernel of these ops may ask for: one token, odd sizes, and 2^19 tokens of a 760M model. */
const sizes = [
  { batch: 1, seqLen: 1, numHeads: 1, headDim: 2, vocab: 1 },
  { batch: 3, seqLen: 111, numHeads: 5, headDim: 22, vocab: 257 },
  { batch: 8, seqLen: 65536, numHeads: 24, headDim: 64, vocab: 50257 },
].map((size) => ({
  ...size,
  length: size.seqLen,
  tokens: size.batch * size.seqLen,
  rows: size.batch * size.seqLen,
  columns: size.numHeads * size.headDim,
  inner: size.numHeads * size.headDim,
  count: size.batch * size.seqLen * size.numHeads * size.headDim,
  weightRows: 1,
  parts: 128,
  activation: 'silu' as const,
  hasPositions: true,
}));

interface AnyKernel {
  readonly name: string;
  readonly bindings: readonly string[];
  select(dims: (typeof sizes)[number], caps: DeviceCaps): KernelSpec;
  grid(dims: (typeof sizes)[number], spec: never): readonly number[];
  workgroupBytes?(spec: never): number;
  wgsl(spec: never): string;
}

const isKernel = (value: unknown): value is AnyKernel =>
  typeof value === 'object' && value !== null && 'bindings' in value && 'grid' in value;

const modules = [scans, embedding, logSigmoid, outputGate, rmsNorm, swiglu, tokenShift];
const single = [broadcastRowsKernel, ropeKernel, sumRowsKernel, tokenVisibilityKernel];
const kernels = [
  ...modules.flatMap((module): unknown[] => Object.values(module)),
  ...single,
].filter(isKernel);

describe('kernels stay within what every WebGPU device has', () => {
  test('all are found', () => expect(kernels.length).toBe(25));

  test.each(kernels.map((kernel) => [kernel.name, kernel] as const))('%s', (_name, kernel) => {
    expect(kernel.bindings.length).toBeLessThanOrEqual(8);
    for (const dims of sizes) {
      const spec = kernel.select(dims, {} as DeviceCaps) as never as { WG_SIZE: number };
      expect(spec.WG_SIZE).toBeLessThanOrEqual(256);
      expect(kernel.workgroupBytes?.(spec as never) ?? 0).toBeLessThanOrEqual(16384);
      for (const count of kernel.grid(dims, spec as never)) {
        expect(
          Number.isInteger(count) && count >= 1 && count <= 65535,
          `grid of ${dims.rows}`,
        ).toBe(true);
      }
      expect(kernel.wgsl(spec as never)).toContain('fn main');
    }
  });
});
