// The kernels on pages: bindings, params and grid of each variant, and which one runs.

import { defineVariants, foldGrid } from '@vulpes/tensor-core';
import { avoidBarriersOnCpu, defineKernel, logLambdaWgsl } from '@vulpes/wgsl-kernels';
import attentionWgsl from '../kernels/lib/attention.wgsl';
import appendPagesWgsl from './append-pages.wgsl';
import pagedScalarWgsl from './paged.scalar.wgsl';
import pagedTiledWgsl from './paged.tiled.wgsl';
import type { PageDims } from './pages.ts';
import pagesWgsl from './pages.wgsl';

interface ChunkDims extends PageDims {
  /** M */
  readonly queryLen: number;
}

export interface PagedDims extends ChunkDims {
  readonly numHeads: number;
  /** Tokens that a row sees. */
  readonly window: number;
  readonly smScale: number;
  /** Workgroups that share a row, in the tiled kernel. Default 1: the rows of `out` are whole. */
  readonly splits?: number;
}

const shared = {
  lib: [logLambdaWgsl, attentionWgsl, pagesWgsl],
  bindings: [
    'q:read',
    'pool_k:read',
    'pool_v:read',
    'pool_lambda:read?',
    'table:read',
    'first_page:read?',
    'state:read',
    'out:write',
  ],
} as const;

export const pagedScalar = defineKernel({
  ...shared,
  name: 'paged-attention.scalar',
  source: pagedScalarWgsl,
  select: ({ headDim, hasGate }: PagedDims) => ({
    HEAD_DIM: headDim,
    WG_SIZE: 4,
    HAS_GATE: hasGate,
  }),
  grid: ({ queryLen, numKvHeads, group, batch }, { WG_SIZE }) => [
    Math.ceil(queryLen / WG_SIZE),
    numKvHeads * group,
    batch,
  ],
});

export const pagedTiled = defineKernel({
  ...shared,
  name: 'paged-attention.tiled',
  source: pagedTiledWgsl,
  select: ({ headDim, hasGate, splits = 1 }: PagedDims) => ({
    HEAD_DIM: headDim,
    WG_SIZE: 64,
    SPLITS: splits,
    HAS_GATE: hasGate,
  }),
  grid: ({ queryLen, numKvHeads, group, batch }, { SPLITS }) => [
    queryLen * SPLITS,
    numKvHeads * group,
    batch,
  ],
  workgroupBytes: ({ HEAD_DIM, WG_SIZE }) =>
    HEAD_DIM * 4 + // t_q
    WG_SIZE * 8 + // t_stats
    WG_SIZE * 4 * 16, // t_part
});

export const pagedVariants = defineVariants<
  PagedDims,
  { readonly kernel: typeof pagedTiled | typeof pagedScalar }
>('paged-attention', [
  { name: 'tiled', kernel: pagedTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: pagedScalar },
]);

export const appendPagesKernel = defineKernel({
  name: 'append-pages',
  source: appendPagesWgsl,
  bindings: [
    'k:read',
    'v:read',
    'log_lambda:read?',
    'table:read',
    'state:read',
    'pool_k:read_write',
    'pool_v:read_write',
    'pool_lambda:read_write?',
  ],
  params: ({ batch, queryLen, numKvHeads, headDim }: ChunkDims) => ({
    rows: batch * queryLen * numKvHeads,
    chunk_len: queryLen,
    kv_heads: numKvHeads,
    head_vec4: headDim / 4,
  }),
  select: ({ hasGate }: ChunkDims) => ({ WG_SIZE: 64, HAS_GATE: hasGate }),
  grid: ({ batch, queryLen, numKvHeads, headDim }, { WG_SIZE }) =>
    foldGrid(Math.ceil((batch * queryLen * numKvHeads * (headDim / 4)) / WG_SIZE)),
});
