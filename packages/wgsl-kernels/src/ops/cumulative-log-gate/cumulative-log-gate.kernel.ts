// Specs, params and grids of the scans over time, and how time is split into chunks.

import { defineKernel } from '../../define-kernel.ts';
import fixedGateWgsl from '../../lib/fixed-gate.wgsl';
import { threadGrid } from '../../lib/vector.ts';
import visibilityStartsWgsl from '../../lib/visibility-starts.wgsl';
import gateChunkSumsWgsl from './gate-chunk-sums.wgsl';
import gateScanWgsl from './gate-scan.wgsl';
import reverseChunkSumsWgsl from './reverse-chunk-sums.wgsl';
import reverseScanWgsl from './reverse-scan.wgsl';

export interface ScanDims {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
}

/** Tokens that one thread walks through: near the square root of T, so that chunks and tokens a chunk balance. */
export const chunkLength = ({ seqLen }: ScanDims): number =>
  Math.max(16, 2 ** Math.ceil(Math.log2(Math.sqrt(seqLen))));

export const chunkCount = (dims: ScanDims): number => Math.ceil(dims.seqLen / chunkLength(dims));

const params = (dims: ScanDims) => ({ chunk_len: chunkLength(dims), chunks: chunkCount(dims) });

const select = () => ({ WG_SIZE: 64 });

const grid = (dims: ScanDims, { WG_SIZE }: { WG_SIZE: number }) =>
  threadGrid(dims.batch * dims.numHeads * chunkCount(dims), WG_SIZE);

export interface GateScanDims extends ScanDims {
  /** Tokens that the visibility cover, 0 without visibility. */
  readonly visibilityLen: number;
  /** Where the gates stand in the visibility. */
  readonly offset: number;
  /** 1 with an initial value, else 0. */
  readonly hasInitial: number;
}

export const gateChunkSums = defineKernel({
  name: 'gate-chunk-sums',
  source: gateChunkSumsWgsl,
  lib: [fixedGateWgsl, visibilityStartsWgsl],
  bindings: ['log_fgate:read', 'visibility:read?', 'chunk_sums:write'],
  params,
  select: (_dims: GateScanDims) => select(),
  grid,
});

export const gateScan = defineKernel({
  name: 'gate-scan',
  source: gateScanWgsl,
  lib: [fixedGateWgsl, visibilityStartsWgsl],
  bindings: [
    'log_fgate:read',
    'visibility:read?',
    'initial:read?',
    'chunk_sums:read?',
    'log_lambda:write',
  ],
  params,
  select: (_dims: GateScanDims) => select(),
  grid,
});

export const reverseChunkSums = defineKernel({
  name: 'reverse-chunk-sums',
  source: reverseChunkSumsWgsl,
  bindings: ['x:read', 'chunk_sums:write'],
  params,
  select: (_dims: ScanDims) => select(),
  grid,
});

export const reverseScan = defineKernel({
  name: 'reverse-scan',
  source: reverseScanWgsl,
  bindings: ['x:read', 'chunk_sums:read', 'y:write'],
  params,
  select: (_dims: ScanDims) => select(),
  grid,
});
