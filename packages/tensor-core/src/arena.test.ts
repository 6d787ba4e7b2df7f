// Arenas: where tensors are placed, and that they are parts of the slabs.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARENA_BLOCK, createArena, planArena } from './arena.ts';
import { gpuSuite } from './testing/index.ts';

const shapes = fc.array(fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 2 }), {
  minLength: 1,
  maxLength: 30,
});

describe('planArena', () => {
  test('every tensor fits its slab, begins at a block, and meets no other', () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 8, max: 40 }), (list, blocks) => {
        const entries = list.map((shape, index) => ({ name: `t${index}`, shape }));
        const { slabs, placements } = planArena(entries, blocks * ARENA_BLOCK * 4);
        const used = slabs.map(() => 0);
        placements.forEach(({ name, slab, offset, size }, index) => {
          expect(name).toBe(`t${index}`);
          expect(offset % ARENA_BLOCK).toBe(0);
          expect(offset).toBeGreaterThanOrEqual(used[slab] as number);
          used[slab] = offset + size;
          expect(offset + size).toBeLessThanOrEqual(slabs[slab] as number);
        });
        for (const size of slabs) expect(size).toBeLessThanOrEqual(blocks * ARENA_BLOCK);
      }),
    );
  });

  test('a slab ends where the next tensor would not fit; one that fits none is refused', () => {
    const entries = [
      { name: 'a', shape: [ARENA_BLOCK + 1] },
      { name: 'b', shape: [2, ARENA_BLOCK] },
      { name: 'c', shape: [5] },
    ];
    const { slabs, placements } = planArena(entries, 4 * 3 * ARENA_BLOCK);
    expect(slabs).toEqual([2 * ARENA_BLOCK, 3 * ARENA_BLOCK]);
    expect(placements.map(({ slab, offset }) => [slab, offset])).toEqual([
      [0, 0],
      [1, 0],
      [1, 2 * ARENA_BLOCK],
    ]);
    expect(() => planArena(entries, 4 * ARENA_BLOCK)).toThrow('at most 4096 elements');
    expect(() => planArena(entries, 4 * ARENA_BLOCK)).toThrow('got a [4097]');
  });

  test('parts that cannot be bound, or do not fit, are refused', () => {
    const plan = (...rows: number[]) => {
      const parts = rows.map((size, index) => ({ name: `p${index}`, shape: [size] }));
      return planArena([{ name: 'whole', shape: [512], parts }], 4 * ARENA_BLOCK);
    };
    expect(plan(256, 256).placements).toMatchObject([{ name: 'whole', size: 512 }]);
    expect(() => plan(64, 128)).toThrow(
      'expected parts of whole [512] at multiples of 128 elements within it, got p1 [128] at 64',
    );
    expect(() => plan(256, 257)).toThrow('got p1 [257] at 256');
  });
});

gpuSuite('createArena', (device) => {
  test('tensors are parts of the slabs, zero at first; dispose frees all', async () => {
    const before = device().memory.liveTensors;
    const arena = createArena(
      device(),
      [
        { name: 'a', shape: [3] },
        { name: 'b', shape: [2, 2] },
      ],
      { label: 'weights' },
    );
    const { a, b } = arena.tensors;
    if (!(a && b)) throw new Error('a tensor is missing');
    device().write(a, Float32Array.of(1, 2, 3));
    device().write(b, Float32Array.of(4, 5, 6, 7));
    const expected = new Float32Array(2 * ARENA_BLOCK);
    expected.set([1, 2, 3]);
    expected.set([4, 5, 6, 7], ARENA_BLOCK);
    expect(await arena.slabs[0]?.data()).toEqual(expected);
    expect(b.shape).toEqual([2, 2]);
    arena.dispose();
    expect(device().memory.liveTensors).toBe(before);
  });

  test('parts lie one behind the other in their entry', async () => {
    const before = device().memory.liveTensors;
    const parts = [
      { name: 'a', shape: [1, 128] },
      { name: 'b', shape: [2, 128] },
    ];
    const entries = [
      { name: 'z', shape: [3] },
      { name: 'ab', shape: [4, 128], parts },
    ];
    const arena = createArena(device(), entries, { label: 'weights' });
    expect(Object.keys(arena.tensors)).toEqual(['z', 'a', 'b']);
    expect(Object.keys(arena.wholes)).toEqual(['ab']);
    const { a, b } = arena.tensors;
    if (!(a && b)) throw new Error('a tensor is missing');
    device().write(a, new Float32Array(128).fill(1));
    device().write(b, new Float32Array(256).fill(2));
    const expected = Float32Array.from({ length: 512 }, (_, i) => (i < 128 ? 1 : i < 384 ? 2 : 0));
    expect(await arena.wholes.ab?.data()).toEqual(expected);
    arena.dispose();
    expect(device().memory.liveTensors).toBe(before);
  });
});
