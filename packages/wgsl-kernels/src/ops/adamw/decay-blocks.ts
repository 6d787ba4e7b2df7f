// Which parts of a slab AdamW decays, and which it leaves to another optimizer: a table by blocks. Pure.

import { ArgumentError } from '@vulpes/tensor-core';

/** Elements of a block. A parameter of a slab begins at a multiple of it, so that a block belongs to one parameter. */
export const DECAY_BLOCK = 4096;

/** Where a parameter is in a slab, in elements. */
export interface DecayPlacement {
  readonly offset: number;
  readonly size: number;
  readonly isDecayed: boolean;
  /** Not AdamW's: it is left as it is. Default false. */
  readonly isLeft?: boolean;
}

/** Entries of the table, as the kernel reads them. */
const [NOT_DECAYED, DECAYED, LEFT] = [0, 1, 2];

/**
 * The table that `adamwStep` reads: 1 for the blocks of parameters that are decayed, 2 for those of parameters that are left as they are, else 0.
 * @param totalSize - elements of the slab
 * @returns u32 [⌈totalSize / 4096⌉]
 * @throws ArgumentError where a parameter does not begin at a block or reaches beyond the slab
 */
export function toDecayBlocks(
  placements: readonly DecayPlacement[],
  totalSize: number,
): Uint32Array<ArrayBuffer> {
  const blocks = new Uint32Array(Math.ceil(totalSize / DECAY_BLOCK));
  for (const placement of placements) {
    assertPlacement(placement, totalSize);
    const { offset, size, isDecayed, isLeft = false } = placement;
    const end = Math.ceil((offset + size) / DECAY_BLOCK);
    blocks.fill(isLeft ? LEFT : isDecayed ? DECAYED : NOT_DECAYED, offset / DECAY_BLOCK, end);
  }
  return blocks;
}

function assertPlacement({ offset, size }: DecayPlacement, totalSize: number): void {
  if (offset >= 0 && offset % DECAY_BLOCK === 0 && size > 0 && offset + size <= totalSize) return;
  throw new ArgumentError(
    `toDecayBlocks: expected parameters at multiples of ${DECAY_BLOCK} within ${totalSize} elements, got ${size} elements at ${offset}. Begin each at a block of its own.`,
  );
}
