// What a matmul launch is told, and the pure choices: register block, workgroup tile, splits of K.

import { kPerSplit, planProduct, type WavePlan, type WaveTile } from './waves.ts';

/** Elements of a matrix in memory. Sums are always f32. */
export type MatmulDType = 'f32' | 'f16';

/** One launch: sizes, strides in elements, and what happens at the store. */
export interface MatmulDims {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  readonly lda: number;
  readonly ldb: number;
  readonly ldc: number;
  readonly strideA: number;
  readonly strideB: number;
  readonly strideC: number;
  /** First element of each matrix in its tensor. */
  readonly offsetA: number;
  readonly offsetB: number;
  readonly offsetC: number;
  /** A is stored [K, M]. */
  readonly transposeA: boolean;
  /** B is stored [N, K]. */
  readonly transposeB: boolean;
  readonly dtypeA: MatmulDType;
  readonly dtypeB: MatmulDType;
  readonly dtypeC: MatmulDType;
  readonly accumulate: boolean;
  /** Some of a, b and bias lie in one buffer, such as one tensor as both factors. */
  readonly isShared: boolean;
  /** Parts of K that are summed by a second pass. */
  readonly splits: number;
}

/** Without dtypes, a product of f32. */
export type MatmulSizes = Pick<
  MatmulDims,
  'm' | 'n' | 'k' | 'batch' | 'transposeA' | 'transposeB'
> &
  Partial<Pick<MatmulDims, 'dtypeA' | 'dtypeB' | 'dtypeC'>>;

type Sizes = Pick<MatmulDims, 'm' | 'n' | 'k' | 'batch' | 'transposeA'>;

/** Rows and columns of C that one thread owns. */
export interface Block {
  readonly rows: number;
  readonly cols: number;
}

const SCALAR_BLOCKS: readonly Block[] = [
  { rows: 16, cols: 16 },
  { rows: 16, cols: 4 },
  { rows: 4, cols: 16 },
  { rows: 1, cols: 16 },
];

/** Compiles in 60 ms, the 16 × 16 block in 400 ms (SwiftShader), and loses no more than half a millisecond on … */
const SMALL_BLOCK: Block = { rows: 4, cols: 4 };
/** … products of at most this many multiply-adds. */
const SMALL_PRODUCT = 2 ** 19;

/** Cost of loading a value in multiply-adds, measured on SwiftShader: a gather of four lanes with bounds checks. */
const LOAD_COST = 18;
/** Threads that keep a software adapter busy: 4 SIMD lanes on each of 16 cores. */
const BUSY_THREADS = 64;

const blocksOf = ({ m, n, batch }: Sizes, { rows, cols }: Block): number =>
  Math.ceil(m / rows) * Math.ceil(n / cols) * batch;

/** Time of a launch in multiply-adds of one lane, for software adapters. */
export function scalarCost(sizes: Sizes, block: Block): number {
  const { rows, cols } = block;
  const splits = selectScalarSplits(sizes, block);
  const threads = Math.max(blocksOf(sizes, block) * splits, BUSY_THREADS);
  return threads * (sizes.k / splits) * (rows * cols + LOAD_COST * (rows + cols));
}

/** The cheapest register block. */
export function selectScalarBlock(sizes: Sizes): Block {
  if (sizes.m * sizes.n * sizes.k * sizes.batch < SMALL_PRODUCT) return SMALL_BLOCK;
  const usable = SCALAR_BLOCKS.filter(({ rows }) => rows >= 4 || !sizes.transposeA);
  return usable.reduce((best, block) =>
    scalarCost(sizes, block) < scalarCost(sizes, best) ? block : best,
  );
}

/** Tile of C that one workgroup owns, the part of it that a thread owns, and its speed. */
export interface Tile extends Block, WaveTile {
  readonly name: string;
}

export const TILES = {
  large: {
    name: 'large',
    ...{ tileM: 128, tileN: 128, sliceK: 8, rows: 8, cols: 8 },
    ...{ resident: 2, sliceClocks: 1300, minSliceClocks: 1600 },
  },
  medium: {
    name: 'medium',
    ...{ tileM: 64, tileN: 64, sliceK: 16, rows: 4, cols: 4 },
    ...{ resident: 4, sliceClocks: 1200, minSliceClocks: 1600 },
  },
  small: {
    name: 'small',
    ...{ tileM: 32, tileN: 32, sliceK: 16, rows: 4, cols: 4 },
    ...{ resident: 8, sliceClocks: 600, minSliceClocks: 1200 },
  },
} as const satisfies Record<string, Tile>;

export const tiles: readonly Tile[] = Object.values(TILES);

/** Tile and parts of K of the tiled kernels. */
export const planTiles = (sizes: Sizes): WavePlan<Tile> => planProduct(sizes, tiles);

/** Smallest share of K that is worth a launch of its own. */
const MIN_K_PER_SPLIT = 256;
const MAX_SPLITS = 64;

/** Parts of K: as many as fill `wanted` workers where C alone gives fewer. */
function splitsFor(k: number, workers: number, wanted: number): number {
  const useful = Math.min(Math.ceil(wanted / workers), Math.floor(k / MIN_K_PER_SPLIT), MAX_SPLITS);
  // A split is a multiple of 4 ranks: fewer may be left than asked for.
  return useful <= 1 ? 1 : Math.ceil(k / kPerSplit(k, useful));
}

export const selectScalarSplits = (sizes: Sizes, block: Block): number =>
  splitsFor(sizes.k, blocksOf(sizes, block), BUSY_THREADS);

/** Whether a matrix can be read in vec4s. */
export const isAligned = (...offsetAndStrides: readonly number[]): boolean =>
  offsetAndStrides.every((elements) => elements % 4 === 0);
