// Specs, params and grids of the embedding kernels.

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

/** Whether threads of the gradient belong to tokens, and dweight must be zero before; else to rows of the table. */
export const isGradientByToken = ({ tokens, vocab }: EmbeddingDims): boolean => tokens < vocab;

const params = ({ columns }: EmbeddingDims) => ({ columns: columns / vectorWidth(columns) });

export const embeddingForward = defineKernel({
  name: 'embedding-forward',
  source: forwardWgsl,
  bindings: ['ids:read', 'weight:read', 'y:write'],
  params,
  select: ({ columns }: EmbeddingDims) => ({
    WG_SIZE: 64,
    Bits: vectorType(vectorWidth(columns), 'u32'),
  }),
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
  select: (dims: EmbeddingDims) => ({
    WG_SIZE: 64,
    BY_TOKEN: isGradientByToken(dims),
    Vector: vectorType(vectorWidth(dims.columns)),
  }),
  grid: ({ tokens, vocab, columns }, { WG_SIZE, BY_TOKEN }) =>
    threadGrid(((BY_TOKEN ? tokens : vocab) * columns) / vectorWidth(columns), WG_SIZE),
});
