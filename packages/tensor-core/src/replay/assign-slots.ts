// Which buffers of a recorded step may share memory: those whose lives do not overlap. Pure.

/** A buffer, from the first to the last command that names it. */
export interface Lifetime {
  readonly byteLength: number;
  readonly first: number;
  readonly last: number;
}

export interface SlotAssignment {
  /** Slot of each lifetime, in their order. */
  readonly slotOf: readonly number[];
  /** Bytes of each slot. */
  readonly slots: readonly number[];
}

interface Slot {
  readonly byteLength: number;
  readonly lives: Lifetime[];
}

const meet = (a: Lifetime, b: Lifetime): boolean => a.first <= b.last && b.first <= a.last;

/**
 * Each slot is one GPU buffer, in use by one lifetime at a time: WebGPU forbids a buffer that one launch both reads and writes.
 * Greedy by size, as in Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference" (2020), Sec. 4.3:
 * the largest go first, each into the smallest slot that is free for its life.
 */
export function assignSlots(lifetimes: readonly Lifetime[]): SlotAssignment {
  const order = lifetimes
    .map((_, index) => index)
    .sort((a, b) => bytesAt(lifetimes, b) - bytesAt(lifetimes, a) || a - b);
  const slots: Slot[] = [];
  const slotOf = new Array<number>(lifetimes.length);
  for (const index of order) {
    const life = lifetimes[index] as Lifetime;
    // Slots come largest first, so the last that is free is the smallest.
    const found = slots.findLastIndex(({ lives }) => !lives.some((other) => meet(life, other)));
    const slot = found >= 0 ? found : slots.push({ byteLength: life.byteLength, lives: [] }) - 1;
    slots[slot]?.lives.push(life);
    slotOf[index] = slot;
  }
  return { slotOf, slots: slots.map(({ byteLength }) => byteLength) };
}

const bytesAt = (lifetimes: readonly Lifetime[], index: number): number =>
  (lifetimes[index] as Lifetime).byteLength;
