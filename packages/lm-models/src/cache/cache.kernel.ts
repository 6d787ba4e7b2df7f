// Specs and grids of the cache's own kernels: growing a pool, carrying the gates' state, finding what may be let go of.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel, logLambdaWgsl } from '@vulpes/wgsl-kernels';
import copyFrontWgsl from './copy-front.wgsl';
import firstPageWgsl from './first-page.wgsl';
import normMaximaWgsl from './norm-maxima.wgsl';
import rememberWgsl from './remember.wgsl';

interface Heads {
  /** B · H */
  readonly heads: number;
}

const select = () => ({ WG_SIZE: 64 });

const headGrid = ({ heads }: Heads, { WG_SIZE }: { WG_SIZE: number }) =>
  [Math.ceil(heads / WG_SIZE), 1, 1] as const;

export const copyFront = defineKernel({
  name: 'copy-front',
  source: copyFrontWgsl,
  bindings: ['source:read', 'target_front:read_write'],
  params: ['vectors:u32'],
  select,
  grid: ({ vectors }: { vectors: number }, { WG_SIZE }) => foldGrid(Math.ceil(vectors / WG_SIZE)),
  bytes: ({ vectors }) => 32 * vectors,
});

export const remember = defineKernel({
  name: 'remember',
  source: rememberWgsl,
  bindings: [
    'log_fgate:read',
    'log_lambda:read',
    'seq_start:read',
    'carry:read_write',
    'remembered:read_write',
    'edges:read_write',
  ],
  params: ['heads:u32', 'num_heads:u32', 'chunk_len:u32', 'offset:u32'],
  select: (_dims: Heads) => select(),
  grid: headGrid,
});

export const findFirstPage = defineKernel({
  name: 'first-page',
  source: firstPageWgsl,
  lib: [logLambdaWgsl],
  bindings: ['logit_bound:read', 'carry:read', 'edges:read', 'first_page:read_write'],
  params: ['heads:u32', 'full_pages:u32', 'log_tolerance:f32'],
  select: (_dims: Heads) => select(),
  grid: headGrid,
});

export const normMaxima = defineKernel({
  name: 'norm-maxima',
  source: normMaximaWgsl,
  bindings: ['q:read', 'k:read', 'seq_start:read', 'maxima:read_write', 'logit_bound:read_write'],
  params: [
    'heads:u32',
    'num_heads:u32',
    'group:u32',
    'head_vec4:u32',
    'chunk_len:u32',
    'offset:u32',
    'sm_scale:f32',
  ],
  select: (_dims: Heads) => select(),
  grid: headGrid,
});
