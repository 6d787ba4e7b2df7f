// The kernels of a layer that decodes one token a row: bindings, grids, and which devices and models they are for.

import { type DeviceCaps, defineVariants, foldGrid } from '@vulpes/tensor-core';
import { avoidBarriersOnCpu, defineKernel, wgslParts } from '@vulpes/wgsl-kernels';
import decodeAppendWgsl from './decode-append.wgsl';
import decodeGateWgsl from './decode-gate.wgsl';
import decodeOutputWgsl from './decode-output.wgsl';
import decodeProjectWgsl from './decode-project.wgsl';
import decodeUpWgsl from './decode-up.wgsl';

interface RowsDims {
  /** Rows of x; at most 8. */
  readonly rows: number;
  /** K, a multiple of 4. */
  readonly width: number;
  readonly eps: number;
}

interface ProjectDims extends RowsDims {
  /** Rows of each matrix. */
  readonly counts: readonly [number, number, number, number, number];
}

interface UpDims extends RowsDims {
  readonly inner: number;
}

/** Vectors of a row that a thread asks for at once: equal shares of what it walks. */
function selectUnroll({ width }: RowsDims, threads: number, most: number): number {
  const steps = Math.ceil(width / 4 / threads);
  return Math.ceil(steps / Math.ceil(steps / most));
}

const toParams = ({ width }: RowsDims) => ({ columns: width / 4 });

/** Threads of a workgroup where the size of a subgroup is not known. */
const TILED_THREADS = 64;

const project = {
  source: decodeProjectWgsl,
  bindings: [
    'x:read',
    'norm:read',
    'w0:read',
    'w1:read',
    'w2:read',
    'w3:read',
    'w4:read',
    'y:write',
  ],
  params: (dims: ProjectDims) => ({
    ...toParams(dims),
    ...Object.fromEntries(dims.counts.map((count, matrix) => [`n${matrix}`, count])),
  }),
  grid: ({ counts }: ProjectDims) => foldGrid(counts.reduce((sum, count) => sum + count, 0)),
} as const;

const selectProject = (dims: ProjectDims, WG_SIZE: number) => ({
  ...{ WG_SIZE, ROWS: dims.rows, UNROLL: selectUnroll(dims, WG_SIZE, 8) },
});

export const decodeProjectSubgroup = defineKernel({
  ...project,
  name: 'decode-project.subgroup',
  lib: [wgslParts.groupSumsSubgroup],
  select: (dims: ProjectDims, caps: DeviceCaps) => selectProject(dims, caps.subgroupMaxSize),
});

export const decodeProjectTiled = defineKernel({
  ...project,
  name: 'decode-project.tiled',
  lib: [wgslParts.groupSumsTiled],
  select: (dims: ProjectDims) => selectProject(dims, TILED_THREADS),
  workgroupBytes: ({ ROWS, WG_SIZE }) => 8 * ROWS * WG_SIZE,
});

const up = {
  source: decodeUpWgsl,
  bindings: ['x:read', 'norm:read', 'w:read', 'y:write'],
  params: (dims: UpDims) => toParams(dims),
  grid: ({ inner }: UpDims) => foldGrid(inner),
} as const;

const selectUp = (dims: UpDims, WG_SIZE: number) => ({
  ...{ WG_SIZE, ROWS: dims.rows, UNROLL: selectUnroll(dims, WG_SIZE, 4) },
});

export const decodeUpSubgroup = defineKernel({
  ...up,
  name: 'decode-up.subgroup',
  lib: [wgslParts.groupSumsSubgroup],
  select: (dims: UpDims, caps: DeviceCaps) => selectUp(dims, caps.subgroupMaxSize),
});

export const decodeUpTiled = defineKernel({
  ...up,
  name: 'decode-up.tiled',
  lib: [wgslParts.groupSumsTiled],
  select: (dims: UpDims) => selectUp(dims, TILED_THREADS),
  workgroupBytes: ({ ROWS, WG_SIZE }) => 12 * ROWS * WG_SIZE,
});

interface HeadDims {
  readonly batch: number;
  readonly numHeads: number;
  readonly headDim: number;
  readonly eps: number;
}

interface AppendDims extends HeadDims {
  readonly kvHeads: number;
  readonly maxPages: number;
  /** 1: all heads share their weights. */
  readonly normRowsQ: number;
  readonly normRowsK: number;
  /** Where the weights of k begin, and the last v. */
  readonly oNormK: number;
  readonly oLastV: number;
}

const selectHead = ({ headDim }: HeadDims) => ({ WG_SIZE: 64, LANES: 64, HEAD_DIM: headDim });

/** t_lane_sum */
const laneSumBytes = ({ WG_SIZE }: { readonly WG_SIZE: number }) => 4 * WG_SIZE;

export const decodeAppend = defineKernel({
  name: 'decode-append',
  source: decodeAppendWgsl,
  lib: [wgslParts.laneSum, wgslParts.shiftWeights],
  bindings: [
    'projected:read_write',
    'norms:read',
    'last:read_write',
    'table:read',
    'state:read',
    'pool_k:read_write',
    'pool_v:read_write',
  ],
  select: (dims: AppendDims) => selectHead(dims),
  grid: ({ batch, numHeads, kvHeads }) => [numHeads + 2 * kvHeads, batch, 1],
  workgroupBytes: laneSumBytes,
});

interface GateDims {
  /** B · H */
  readonly heads: number;
  readonly numHeads: number;
  /** Query heads of a key head. */
  readonly group: number;
  readonly maxPages: number;
  readonly oLogits: number;
}

export const decodeGate = defineKernel({
  name: 'decode-gate',
  source: decodeGateWgsl,
  lib: [wgslParts.fixedGate, wgslParts.logOnePlus],
  bindings: [
    'logits:read',
    'bias:read',
    'table:read',
    'state:read',
    'pool_lambda:read_write',
    'carry:read_write',
    'effective_length:read_write',
    'page_ends:read_write',
  ],
  select: (_dims: GateDims) => ({ WG_SIZE: 64 }),
  grid: ({ heads }, { WG_SIZE }) => [Math.ceil(heads / WG_SIZE), 1, 1],
});

interface OutputDims extends HeadDims {
  readonly weightRows: number;
  readonly oGate: number;
  /** Parts of each row of attention. */
  readonly splits: number;
}

export const decodeOutput = defineKernel({
  name: 'decode-output',
  source: decodeOutputWgsl,
  lib: [wgslParts.laneSum],
  bindings: ['parts:read', 'gates:read', 'weight:read', 'y:write'],
  select: (dims: OutputDims) => ({ ...selectHead(dims), SPLITS: dims.splits }),
  grid: ({ batch, numHeads }) => [batch * numHeads, 1, 1],
  workgroupBytes: laneSumBytes,
});

export interface FusedKernels {
  readonly project: typeof decodeProjectSubgroup | typeof decodeProjectTiled;
  readonly up: typeof decodeUpSubgroup | typeof decodeUpTiled;
}

/** What decides whether a layer is decoded by fused kernels. */
export interface DecodeLayerDims {
  readonly batch: number;
  /** Why a model's layers are made of options that the kernels lack; null: they are not. */
  readonly obstacle: string | null;
}

/** Rows of x whose sums a thread holds. */
const MAX_ROWS = 8;

function supports({ batch, obstacle }: DecodeLayerDims): true | string {
  if (batch > MAX_ROWS) return `needs at most ${MAX_ROWS} rows, got ${batch}`;
  return obstacle ?? true;
}

/** `scalar`: the ops of the layers, one after the other. */
export const decodeLayerVariants = defineVariants<
  DecodeLayerDims,
  { readonly kernels: FusedKernels | null }
>('decode-layer', [
  {
    name: 'subgroup',
    requires: {
      features: ['subgroups'],
      subgroupSizes: { min: 4, max: 128 },
      hasOneSubgroupSize: true,
    },
    supports,
    avoid: avoidBarriersOnCpu,
    kernels: { project: decodeProjectSubgroup, up: decodeUpSubgroup },
  },
  {
    name: 'tiled',
    supports,
    avoid: avoidBarriersOnCpu,
    kernels: { project: decodeProjectTiled, up: decodeUpTiled },
  },
  { name: 'scalar', kernels: null },
]);

/** Workgroups of attention that keep a GPU busy. */
const BUSY_GROUPS = 256;
const MAX_SPLITS = 32;

/** Parts into which attention cuts the row of each head: a token of one text has few heads and many keys. */
export const selectSplits = (heads: number): number =>
  Math.min(Math.max(Math.ceil(BUSY_GROUPS / heads), 2), MAX_SPLITS);
