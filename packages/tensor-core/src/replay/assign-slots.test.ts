// Planned memory: no two buffers that are alive together share a slot.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assignSlots, type Lifetime } from './assign-slots.ts';

/** Bytes that are in use at once, at most: no plan can take less. */
function peakBytes(lifetimes: readonly Lifetime[]): number {
  const changes = lifetimes
    .flatMap(({ first, last, byteLength }) => [
      { at: first, bytes: byteLength },
      { at: last + 1, bytes: -byteLength },
    ])
    .sort((a, b) => a.at - b.at || a.bytes - b.bytes);
  let inUse = 0;
  let peak = 0;
  for (const { bytes } of changes) {
    inUse += bytes;
    peak = Math.max(peak, inUse);
  }
  return peak;
}

const lifetimes = fc.array(
  fc
    .record({ byteLength: fc.integer({ min: 1, max: 1000 }), first: fc.nat(60), span: fc.nat(20) })
    .map(({ byteLength, first, span }) => ({ byteLength, first, last: first + span })),
  { maxLength: 60 },
);

describe('assignSlots', () => {
  test('every buffer fits its slot, and none alive at the same time shares one', () => {
    fc.assert(
      fc.property(lifetimes, (lives) => {
        const { slotOf, slots } = assignSlots(lives);
        lives.forEach((life, index) => {
          expect(slots[slotOf[index] as number]).toBeGreaterThanOrEqual(life.byteLength);
          lives.slice(0, index).forEach((other, at) => {
            if (slotOf[at] !== slotOf[index]) return;
            expect(life.first > other.last || other.first > life.last).toBe(true);
          });
        });
        expect(slots.reduce((sum, bytes) => sum + bytes, 0)).toBeGreaterThanOrEqual(
          peakBytes(lives),
        );
      }),
    );
  });

  test('a chain of equal buffers takes two, nested lives take their sum', () => {
    const chain = Array.from(
      { length: 9 },
      (_, at): Lifetime => ({ byteLength: 8, first: at, last: at + 1 }),
    );
    expect(assignSlots(chain).slots).toEqual([8, 8]);
    const nested = Array.from(
      { length: 5 },
      (_, at): Lifetime => ({ byteLength: 8, first: at, last: 20 - at }),
    );
    expect(assignSlots(nested).slots).toHaveLength(5);
    expect(peakBytes(chain)).toBe(16);
    expect(peakBytes([])).toBe(0);
  });

  test('the smallest slot that is free is taken', () => {
    const { slotOf, slots } = assignSlots([
      { byteLength: 100, first: 0, last: 1 },
      { byteLength: 10, first: 0, last: 1 },
      { byteLength: 9, first: 2, last: 3 },
    ]);
    expect(slots).toEqual([100, 10]);
    expect(slotOf[2]).toBe(1);
  });
});
