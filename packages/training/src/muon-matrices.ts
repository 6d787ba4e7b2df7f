// Which parameters Muon updates, and how they are laid together: matrices of one shape in one slab, in batches. Pure.

import type { Placement } from '@vulpes/tensor-core';
import type { TrainedEntry } from './trained-state.ts';

/**
 * The matrices between the residual stream and attention or MLP. AdamW keeps the embedding, the output head, norm weights and biases,
 * and what makes gates and shifts: a row a head, each by itself.
 */
const HIDDEN_MATRIX =
  /\.(q_proj|k_proj|v_proj|o_proj|ogate_proj|gate_proj|down_proj)(\.linear)?\.weight$/;
/** Two matrices of one shape, one above the other: gate and up. */
const STACKED_MATRIX = /\.mlp\.gate_proj\.weight$/;

/** Elements of a batch, at most: 128 MiB in f32, of which five steps hold about four times as much. */
const MAX_BATCH = 2 ** 25;

/** A part of a slab that is one optimizer's. */
export interface OptimizerPart {
  /** From the start of its slab. */
  readonly offset: number;
  readonly size: number;
  readonly isDecayed: boolean;
  readonly isMuon: boolean;
}

export interface MuonBatch {
  readonly slab: number;
  readonly rows: number;
  readonly cols: number;
  /** Where in the slab each matrix begins, in elements. */
  readonly offsets: readonly number[];
}

/** A parameter within a slab. */
interface PlacedParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly slab: number;
  readonly offset: number;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, dim) => size * dim, 1);

/** Parameters of an entry: itself, or its parts one behind the other. */
function placeParameters(entry: TrainedEntry, { slab, offset }: Placement): PlacedParameter[] {
  let next = offset;
  return (entry.parts ?? [entry]).map(({ name, shape }) => {
    const placed = { name, shape, slab, offset: next };
    next += sizeOf(shape);
    return placed;
  });
}

/** The parts of each slab, for AdamW's table: neighbours of one kind in an entry are one part. @param hasMuon - false: all is AdamW's */
export function planParts(
  entries: readonly TrainedEntry[],
  placements: readonly Placement[],
  { hasMuon }: { readonly hasMuon: boolean },
): Map<number, OptimizerPart[]> {
  const slabs = new Map<number, OptimizerPart[]>();
  entries.forEach((entry, index) => {
    const placement = placements[index] as Placement;
    const parts: OptimizerPart[] = [];
    for (const { name, shape, offset } of placeParameters(entry, placement)) {
      const isMuon = hasMuon && HIDDEN_MATRIX.test(name);
      const [isDecayed, last] = [entry.weightDecay, parts.at(-1)];
      if (last && last.isMuon === isMuon)
        parts.splice(-1, 1, { ...last, size: last.size + sizeOf(shape) });
      else parts.push({ offset, size: sizeOf(shape), isDecayed, isMuon });
    }
    slabs.set(placement.slab, [...(slabs.get(placement.slab) ?? []), ...parts]);
  });
  return slabs;
}

/** Matrices of Muon by slab and shape, as many in a batch as memory suits. */
export function planMuon(
  entries: readonly TrainedEntry[],
  placements: readonly Placement[],
): MuonBatch[] {
  const batches = new Map<string, MuonBatch[]>();
  const matrices = entries
    .flatMap((entry, index) => placeParameters(entry, placements[index] as Placement))
    .filter(({ name }) => HIDDEN_MATRIX.test(name))
    .flatMap(unstack);
  for (const { slab, rows, cols, offset } of matrices) {
    const key = [slab, rows, cols].join();
    const group = batches.get(key) ?? [];
    const last = group.at(-1);
    if (last && (last.offsets.length + 1) * rows * cols <= MAX_BATCH)
      group.splice(-1, 1, { ...last, offsets: [...last.offsets, offset] });
    else group.push({ slab, rows, cols, offsets: [offset] });
    batches.set(key, group);
  }
  return [...batches.values()].flat();
}

function unstack({ name, shape, slab, offset }: PlacedParameter) {
  const [rows, cols] = shape as readonly [number, number];
  if (!STACKED_MATRIX.test(name)) return [{ slab, rows, cols, offset }];
  const half = { slab, rows: rows / 2, cols };
  return [
    { ...half, offset },
    { ...half, offset: offset + half.rows * cols },
  ];
}
