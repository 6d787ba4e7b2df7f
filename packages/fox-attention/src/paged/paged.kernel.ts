// Specs and grids of the kernels on pages, one family of attention each for GPUs and for software adapters.

import { type DeviceCaps, foldGrid } from '@vulpes/tensor-core';
import { defineKernel, logLambdaWgsl } from '@vulpes/wgsl-kernels';
import attentionWgsl from '../kernels/lib/attention.wgsl';
import appendPagesWgsl from './append-pages.wgsl';
import pagedGpuWgsl from './paged.gpu.wgsl';
import pagedSoftwareWgsl from './paged.software.wgsl';
import type { PageDims } from './pages.ts';
import pagesWgsl from './pages.wgsl';

export interface PagedDims extends PageDims {
  /** M */
  readonly queryLen: number;
}

const shared = {
  lib: [logLambdaWgsl, attentionWgsl, pagesWgsl],
  bindings: [
    'q:read',
    'pool_k:read',
    'pool_v:read',
    'pool_lambda:read',
    'table:read',
    'first_page:read',
    'seq_start:read',
    'out:write',
  ],
  params: [
    'num_heads:u32',
    'group:u32',
    'query_len:u32',
    'offset:u32',
    'max_pages:u32',
    'window:u32',
    'sm_scale:f32',
  ],
} as const;

const pagedSoftware = defineKernel({
  ...shared,
  name: 'paged-attention-software',
  source: pagedSoftwareWgsl,
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

const pagedGpu = defineKernel({
  ...shared,
  name: 'paged-attention-gpu',
  source: pagedGpuWgsl,
  select: ({ headDim, hasGate }: PagedDims) => ({
    HEAD_DIM: headDim,
    WG_SIZE: 64,
    HAS_GATE: hasGate,
  }),
  grid: ({ queryLen, numKvHeads, group, batch }) => [queryLen, numKvHeads * group, batch],
  workgroupBytes: ({ HEAD_DIM, WG_SIZE }) =>
    HEAD_DIM * 4 + // t_q
    WG_SIZE * 8 + // t_stats
    WG_SIZE * 4 * 16, // t_part
});

export const pagedKernel = ({ kernels }: Pick<DeviceCaps, 'kernels'>) =>
  kernels === 'gpu' ? pagedGpu : pagedSoftware;

/** queryLen: the tokens of the chunk. */
export const appendPagesKernel = defineKernel({
  name: 'append-pages',
  source: appendPagesWgsl,
  bindings: [
    'k:read',
    'v:read',
    'log_lambda:read',
    'table:read',
    'pool_k:read_write',
    'pool_v:read_write',
    'pool_lambda:read_write',
  ],
  params: [
    'rows:u32',
    'chunk_len:u32',
    'kv_heads:u32',
    'group:u32',
    'head_vec4:u32',
    'offset:u32',
    'max_pages:u32',
  ],
  select: ({ hasGate }: PagedDims) => ({ WG_SIZE: 64, HAS_GATE: hasGate }),
  grid: ({ batch, queryLen, numKvHeads, headDim }, { WG_SIZE }) =>
    foldGrid(Math.ceil((batch * queryLen * numKvHeads * (headDim / 4)) / WG_SIZE)),
  bytes: ({ batch, queryLen, numKvHeads, headDim }) => 16 * batch * queryLen * numKvHeads * headDim,
});
