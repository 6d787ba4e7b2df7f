// Specs, params and grids of the scans over time. Each is one launch: a thread walks a head, or a workgroup a chunk of it.

import { defineVariants, foldGrid } from '@vulpes/tensor-core';
import { defineKernel } from '../../define-kernel.ts';
import fixedGateWgsl from '../../lib/fixed-gate.wgsl';
import { avoidBarriersOnCpu } from '../../lib/prefer.ts';
import { threadGrid } from '../../lib/vector.ts';
import visibilityStartsWgsl from '../../lib/visibility-starts.wgsl';
import gateActsWgsl from './gate-acts.wgsl';
import gateAtWgsl from './gate-at.wgsl';
import gateScanScalarWgsl from './gate-scan.scalar.wgsl';
import gateScanTiledWgsl from './gate-scan.tiled.wgsl';
import reverseScanScalarWgsl from './reverse-scan.scalar.wgsl';
import reverseScanTiledWgsl from './reverse-scan.tiled.wgsl';

export interface ScanDims {
  readonly batch: number;
  readonly seqLen: number;
  readonly numHeads: number;
}

export interface GateScanDims extends ScanDims {
  /** Tokens that the visibility cover, 0 without visibility. */
  readonly visibilityLen: number;
  /** Where the gates stand in the visibility. */
  readonly offset: number;
  /** 1 with an initial value, else 0. */
  readonly hasInitial: number;
}

export interface ReverseScanDims extends ScanDims {
  /** Gates that act on no pair get 0. */
  readonly onlyActive: boolean;
  /** Position of the first query. */
  readonly firstQuery: number;
}

const SCALAR = { WG_SIZE: 64 };
const TILED = { WG_SIZE: 256, OWN: 4 };

/** Workgroups of a head of the tiled kernels. */
export const chunkCount = ({ seqLen }: ScanDims): number =>
  Math.ceil(seqLen / (TILED.WG_SIZE * TILED.OWN));

const chunks = (dims: ScanDims) => ({ chunks: chunkCount(dims) });

const headGrid = ({ batch, numHeads }: ScanDims, { WG_SIZE }: { WG_SIZE: number }) =>
  threadGrid(batch * numHeads, WG_SIZE);

const chunkGrid = (dims: ScanDims) => foldGrid(dims.batch * dims.numHeads * chunkCount(dims));

const gateScan = {
  lib: [fixedGateWgsl, visibilityStartsWgsl, gateAtWgsl],
  bindings: ['log_fgate:read', 'visibility:read?', 'initial:read?', 'log_lambda:write'],
} as const;

export const gateScanScalar = defineKernel({
  ...gateScan,
  name: 'gate-scan.scalar',
  source: gateScanScalarWgsl,
  select: (_dims: GateScanDims) => SCALAR,
  grid: headGrid,
});

export const gateScanTiled = defineKernel({
  ...gateScan,
  name: 'gate-scan.tiled',
  source: gateScanTiledWgsl,
  params: (dims: GateScanDims) => chunks(dims),
  select: () => TILED,
  grid: chunkGrid,
  // t_sums
  workgroupBytes: ({ WG_SIZE }) => 12 * WG_SIZE,
});

export const gateScanVariants = defineVariants<
  ScanDims,
  { readonly kernel: typeof gateScanTiled | typeof gateScanScalar }
>('gate-scan', [
  { name: 'tiled', kernel: gateScanTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: gateScanScalar },
]);

const reverseScan = {
  lib: [gateActsWgsl],
  bindings: ['x:read', 'visibility:read?', 'y:write'],
} as const;

export const reverseScanScalar = defineKernel({
  ...reverseScan,
  name: 'reverse-scan.scalar',
  source: reverseScanScalarWgsl,
  // Near the square root of T, so that chunks and tokens of a chunk balance.
  params: ({ seqLen }: ReverseScanDims) => ({ chunk_len: Math.ceil(Math.sqrt(seqLen)) }),
  select: ({ onlyActive }) => ({ ...SCALAR, ONLY_ACTIVE: onlyActive }),
  grid: headGrid,
});

export const reverseScanTiled = defineKernel({
  ...reverseScan,
  name: 'reverse-scan.tiled',
  source: reverseScanTiledWgsl,
  params: (dims: ReverseScanDims) => chunks(dims),
  select: ({ onlyActive }) => ({ ...TILED, ONLY_ACTIVE: onlyActive }),
  grid: chunkGrid,
  // t_sums
  workgroupBytes: ({ WG_SIZE }) => 4 * WG_SIZE,
});

export const reverseScanVariants = defineVariants<
  ScanDims,
  { readonly kernel: typeof reverseScanTiled | typeof reverseScanScalar }
>('reverse-scan', [
  { name: 'tiled', kernel: reverseScanTiled, avoid: avoidBarriersOnCpu },
  { name: 'scalar', kernel: reverseScanScalar },
]);
