// Specs, params and grids of the embedding kernels.

import type { DType } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import { threadGrid, vectorType, vectorWidth } from '../../lib/vector.ts';
import backwardWgsl from './embedding-backward.wgsl';
import forwardWgsl from './embedding-forward.wgsl';
import linkWgsl from './link-occurrences.wgsl';

export interface EmbeddingDims {
  readonly tokens: number;
  readonly vocab: number;
  /** h, elements in a row of the table. */
  readonly columns: number;
}

interface EmbeddingLaunch extends EmbeddingDims {
  /** f32 or f16: of the table, or of its gradient. */
  readonly dtype: DType;
}

/** Whether threads of the gradient belong to tokens, and dweight must be zero before; else to rows of the table. */
export const isGradientByToken = ({ tokens, vocab }: EmbeddingDims): boolean => tokens < vocab;

const params = ({ columns }: EmbeddingLaunch) => ({ columns: columns / vectorWidth(columns) });

export const embeddingForward = defineKernel({
  name: 'embedding-forward',
  source: forwardWgsl,
  bindings: ['ids:read', 'weight:read', 'y:write'],
  params,
  select: ({ columns, dtype }: EmbeddingLaunch) => {
    const width = vectorWidth(columns);
    const Bits = vectorType(width, 'u32');
    if (dtype === 'f32') return { WG_SIZE: 64, Bits, Weight: Bits, Y: Bits };
    return { WG_SIZE: 64, Bits, Weight: vectorType(width, dtype), Y: vectorType(width) };
  },
  grid: ({ tokens, columns }, { WG_SIZE }) =>
    threadGrid((tokens * columns) / vectorWidth(columns), WG_SIZE),
});

export const linkOccurrences = defineKernel({
  name: 'link-occurrences',
  source: linkWgsl,
  bindings: ['ids:read', 'first:read_write', 'next:write'],
  select: (_dims: EmbeddingDims) => ({ WG_SIZE: 256 }),
  grid: () => [1, 1, 1],
  workgroupBytes: ({ WG_SIZE }) => 4 * WG_SIZE,
});

export const embeddingBackward = defineKernel({
  name: 'embedding-backward',
  source: backwardWgsl,
  bindings: ['ids:read', 'first:read', 'next:read', 'dy:read', 'dweight:read_write'],
  params,
  select: (dims: EmbeddingLaunch) => {
    const width = vectorWidth(dims.columns);
    const [Vector, Weight] = [vectorType(width), vectorType(width, dims.dtype)];
    return { WG_SIZE: 64, BY_TOKEN: isGradientByToken(dims), Vector, Weight };
  },
  grid: ({ tokens, vocab, columns }, { WG_SIZE, BY_TOKEN }) =>
    threadGrid(((BY_TOKEN ? tokens : vocab) * columns) / vectorWidth(columns), WG_SIZE),
});
