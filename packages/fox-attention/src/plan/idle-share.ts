// How much of a GPU stands idle in a launch of uneven workgroups: counted by list scheduling, as a GPU hands them out. Pure.

/** Work of each workgroup (kept tiles, say), by head and tile. */
export type WorkOfTile = (head: number, tile: number) => number;

export interface LaunchDims {
  readonly heads: number;
  readonly tiles: number;
}

/**
 * Each workgroup in turn goes to the slot that is free first; the launch ends with its last workgroup.
 * @param work - of each workgroup, in the order they start
 * @param slots - workgroups that run at a time
 * @returns share of slot time without work, 0…1
 */
export function idleShare(work: readonly number[], slots: number): number {
  // A heap of the times at which slots become free.
  const free = new Float64Array(slots);
  let total = 0;
  for (const each of work) {
    total += each;
    replaceSmallest(free, free[0]! + each);
  }
  return total === 0 ? 0 : 1 - total / (slots * free.reduce((a, b) => Math.max(a, b)));
}

function replaceSmallest(heap: Float64Array, value: number): void {
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}

/** Row tiles in order, head after head: how one would number them. */
export const headAfterHead = ({ heads, tiles }: LaunchDims, work: WorkOfTile): number[] =>
  Array.from({ length: heads * tiles }, (_, at) => work(Math.floor(at / tiles), at % tiles));

/**
 * `sideBySide` heads take turns, the last row tile of each first; then the next heads: how the tiled kernels number them,
 * with `headsSideBySide` of kernels/tile.ts.
 */
export const lastRowsFirst =
  (sideBySide: number) =>
  ({ heads, tiles }: LaunchDims, work: WorkOfTile): number[] =>
    Array.from({ length: heads * tiles }, (_, at) => {
      const turn = Math.floor(at / (sideBySide * tiles));
      const tile = tiles - 1 - (Math.floor(at / sideBySide) % tiles);
      return work(turn * sideBySide + (at % sideBySide), tile);
    });

/** Sorted by what they will visit: what a plan made on the GPU before each launch could do at best. */
export const longestFirst = (dims: LaunchDims, work: WorkOfTile): number[] =>
  headAfterHead(dims, work).sort((a, b) => b - a);
