// How the backward of a norm walks its rows: threads that stay on the same columns keep partial sums of the weight's gradient in registers. Pure.

import { foldGrid } from '@vulpes/tensor-core';
import { lanesPerRow, vectorWidth } from '../../lib/vector.ts';

interface Rows {
  /** Rows that are normalised, heads counted. */
  readonly rows: number;
  /** D, elements in a row. */
  readonly columns: number;
  /** G: row r has weight row r % G. */
  readonly weightRows: number;
}

/** Threads of a launch: four times what a GPU of 132 cores needs to read at the speed of its memory, few enough that the sum of their parts is short. */
const MAX_THREADS = 65536;
/** Rows of a walk, at least, so that the partial sums are small beside the rows. */
const MIN_STEPS = 4;
/** Vectors of a row that one thread holds, at most: they are registers. */
const MAX_OWN = 32;
const WG_SIZE = 128;

/** Spec of the threads that share a row. */
export function walkSpec({ columns }: Pick<Rows, 'columns'>) {
  const vectors = columns / vectorWidth(columns);
  const LANES = lanesPerRow(vectors, WG_SIZE);
  return { WG_SIZE, LANES, OWN: Math.ceil(vectors / LANES) };
}

/** Params of the walks: part p takes the outer rows p, p + parts, …; an outer row has G rows. */
export function walkParams(dims: Rows) {
  const { rows, columns, weightRows } = dims;
  const outerRows = rows / weightRows;
  const walks = Math.floor(MAX_THREADS / walkSpec(dims).LANES);
  const most = Math.max(1, Math.floor(walks / weightRows));
  const steps = Math.ceil(outerRows / Math.min(most, Math.ceil(outerRows / MIN_STEPS)));
  return {
    outer_rows: outerRows,
    columns: columns / vectorWidth(columns),
    parts: Math.ceil(outerRows / steps),
    steps,
  };
}

export const walkGrid = (dims: Rows, { WG_SIZE, LANES }: { WG_SIZE: number; LANES: number }) =>
  foldGrid(Math.ceil((walkParams(dims).parts * dims.weightRows * LANES) / WG_SIZE));

/** For `defineVariants`: whether a row fits the registers of a workgroup. */
export function fitsWalk({ columns }: Pick<Rows, 'columns'>): true | string {
  const { OWN } = walkSpec({ columns });
  if (OWN <= MAX_OWN) return true;
  return `rows of ${columns} elements are longer than what ${WG_SIZE} threads hold`;
}
