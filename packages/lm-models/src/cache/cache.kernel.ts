// Bindings and grids of the cache's own kernels: growing a pool, carrying the state of shifts and gates, finding which pages may be evicted.

import { foldGrid } from '@vulpes/tensor-core';
import { defineKernel, logLambdaWgsl } from '@vulpes/wgsl-kernels';
import chunkPositionsWgsl from './chunk-positions.wgsl';
import copyFrontWgsl from './copy-front.wgsl';
import firstPageWgsl from './first-page.wgsl';
import keepLastWgsl from './keep-last.wgsl';
import normMaximaWgsl from './norm-maxima.wgsl';
import updateRetentionWgsl from './update-retention.wgsl';

interface Heads {
  /** B · H */
  readonly heads: number;
}

/** A chunk of M tokens. */
interface ChunkDims extends Heads {
  readonly numHeads: number;
  readonly chunkLen: number;
}

interface SearchDims extends Heads {
  /** Pages whose 32 tokens are all there. */
  readonly fullPages: number;
  /** log ε, less what rounding may take. */
  readonly logTolerance: number;
}

interface NormDims extends ChunkDims {
  /** Query heads of a key head. */
  readonly group: number;
  readonly headDim: number;
  readonly smScale: number;
}

const select = () => ({ WG_SIZE: 64 });

const headGrid = ({ heads }: Heads, { WG_SIZE }: { WG_SIZE: number }) =>
  [Math.ceil(heads / WG_SIZE), 1, 1] as const;

export const copyFront = defineKernel({
  name: 'copy-front',
  source: copyFrontWgsl,
  bindings: ['source:read', 'target_front:read_write'],
  select,
  grid: ({ vectors }: { vectors: number }, { WG_SIZE }) => foldGrid(Math.ceil(vectors / WG_SIZE)),
});

interface LastDims {
  readonly batch: number;
  readonly chunkLen: number;
  /** f32 values of a token; a multiple of 4. */
  readonly width: number;
}

export const keepLast = defineKernel({
  name: 'keep-last',
  source: keepLastWgsl,
  bindings: ['y:read', 'last:write'],
  params: ({ width }: LastDims) => ({ columns: width / 4 }),
  select,
  grid: ({ batch, width }, { WG_SIZE }) => foldGrid(Math.ceil((batch * width) / 4 / WG_SIZE)),
});

interface PositionDims {
  readonly batch: number;
  readonly chunkLen: number;
}

export const chunkPositions = defineKernel({
  name: 'chunk-positions',
  source: chunkPositionsWgsl,
  bindings: ['state:read', 'positions:write'],
  params: ({ batch, chunkLen }: PositionDims) => ({ tokens: batch * chunkLen }),
  select,
  grid: ({ batch, chunkLen }, { WG_SIZE }) => foldGrid(Math.ceil((batch * chunkLen) / WG_SIZE)),
});

export const updateRetention = defineKernel({
  name: 'update-retention',
  source: updateRetentionWgsl,
  bindings: [
    'log_fgate:read',
    'log_lambda:read',
    'state:read',
    'carry:read_write',
    'effective_length:read_write',
    'page_ends:read_write',
  ],
  select: (_dims: ChunkDims) => select(),
  grid: (dims, spec) => headGrid(dims, spec),
});

export const findFirstPage = defineKernel({
  name: 'first-page',
  source: firstPageWgsl,
  lib: [logLambdaWgsl],
  bindings: ['logit_bound:read', 'carry:read', 'page_ends:read', 'first_page:read_write'],
  select: (_dims: SearchDims) => select(),
  grid: (dims, spec) => headGrid(dims, spec),
});

export const normMaxima = defineKernel({
  name: 'norm-maxima',
  source: normMaximaWgsl,
  bindings: ['q:read', 'k:read', 'state:read', 'maxima:read_write', 'logit_bound:read_write'],
  params: ({ headDim }: NormDims) => ({ head_vec4: headDim / 4 }),
  select: (_dims: NormDims) => select(),
  grid: (dims, spec) => headGrid(dims, spec),
});
