// Spec, params and grid of the cross-entropy kernels. The logits themselves are a matmul.

import { type DType, defineVariants, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import { avoidBarriersOnCpu } from '../../lib/prefer.ts';
import { threadGrid, vectorType } from '../../lib/vector.ts';
import { logitsStride } from './chunk-rows.ts';
import countedFlagsWgsl from './counted-flags.wgsl';
import rowWgsl from './cross-entropy-row.wgsl';
import scalarWgsl from './cross-entropy-rows.scalar.wgsl';
import tiledWgsl from './cross-entropy-rows.tiled.wgsl';
import meanLossWgsl from './mean-loss.wgsl';

export interface CrossEntropyDims {
  /** Rows of this chunk. */
  readonly rows: number;
  readonly vocab: number;
  readonly needsGrad: boolean;
  readonly firstRow: number;
  readonly ignoreIndex: number;
  /** Of the logits. f32: their gradient is that of the mean; f16: of the sum, so that f16 holds it. */
  readonly dtype: DType;
}

const bindings = [
  'logits:read_write',
  'labels:read',
  'count:read',
  'loss_per_token:write',
] as const;

/** Bits of a quiet NaN. */
const NAN_BITS = 0x7fc00000;

const params = ({ vocab, dtype }: CrossEntropyDims) => ({
  vectors: logitsStride(vocab, dtype) / 4,
  nan_bits: NAN_BITS,
});

const toSpec = ({ needsGrad, dtype }: CrossEntropyDims) => ({
  NEEDS_GRAD: needsGrad,
  IS_MEAN: dtype === 'f32',
  Logits: vectorType(4, dtype),
});

export const crossEntropyRowsScalar = defineKernel({
  name: 'cross-entropy-rows.scalar',
  source: scalarWgsl,
  lib: [rowWgsl],
  bindings,
  params,
  select: (dims: CrossEntropyDims) => ({ WG_SIZE: 16, ...toSpec(dims) }),
  grid: ({ rows }, { WG_SIZE }) => threadGrid(rows, WG_SIZE),
});

export const crossEntropyRowsTiled = defineKernel({
  name: 'cross-entropy-rows.tiled',
  source: tiledWgsl,
  lib: [rowWgsl],
  bindings,
  params,
  select: (dims: CrossEntropyDims) => ({
    WG_SIZE: dims.vocab <= 512 ? 64 : 256,
    ...toSpec(dims),
  }),
  grid: ({ rows }) => foldGrid(rows),
  workgroupBytes: ({ WG_SIZE }) => WG_SIZE * 4, // t_values
});

export const crossEntropyRows = defineVariants<
  CrossEntropyDims,
  { readonly kernel: typeof crossEntropyRowsTiled | typeof crossEntropyRowsScalar }
>('cross-entropy-rows', [
  { name: 'tiled', kernel: crossEntropyRowsTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: crossEntropyRowsScalar },
]);

export const countedFlags = defineKernel({
  name: 'counted-flags',
  source: countedFlagsWgsl,
  bindings: ['labels:read', 'flags:write'],
  select: (_dims: Pick<CrossEntropyDims, 'rows' | 'ignoreIndex'>) => ({ WG_SIZE: 64 }),
  grid: ({ rows }, { WG_SIZE }) => threadGrid(rows, WG_SIZE),
});

export const meanLoss = defineKernel({
  name: 'mean-loss',
  source: meanLossWgsl,
  bindings: ['sum:read', 'count:read', 'loss:write'],
  select: (_dims: Record<string, never>) => ({}),
  grid: () => [1, 1, 1],
});
