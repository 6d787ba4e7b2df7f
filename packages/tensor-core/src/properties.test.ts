// Laws that hold for all shapes, sizes, seeds and nestings of scopes, on random examples.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor } from './api.ts';
import { sizeClass } from './buffer-pool.ts';
import { fromBytes, toBytes } from './dtype.ts';
import { foldGrid } from './grid.ts';
import { CounterRng } from './rng.ts';
import { assertShape, sameShape, shapeSize } from './shape.ts';
import { gpuSuite } from './testing/index.ts';
import { indexOf } from './validate/non-finite-message.ts';

const shapes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 5 });
const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });

describe('shapes', () => {
  test('indices along dimensions and flat ones are the same', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), (shape, any) => {
        const flat = any % shapeSize(shape);
        const index = indexOf(flat, shape);
        expect(index.every((i, axis) => i >= 0 && i < shape[axis]!)).toBe(true);
        expect(index.reduce((sum, i, axis) => sum * shape[axis]! + i, 0)).toBe(flat);
      }),
    );
  });

  test('a shape fits its own numbers and names, and no others', () => {
    fc.assert(
      fc.property(shapes, shapes, (shape, other) => {
        const names = shape.map((_, axis) => `d${axis}`);
        const dims = assertShape('op', 'x', { shape }, names);
        expect(names.map((name) => dims[name])).toEqual(shape);
        const fits = () => assertShape('op', 'x', { shape }, other);
        if (sameShape(shape, other)) expect(fits).not.toThrow();
        else expect(fits).toThrow('op: expected x');
      }),
    );
  });

  test('a folded grid covers its count within the limits, with less than a row to spare', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65535 ** 2 }), (count) => {
        const [x, y, z] = foldGrid(count);
        expect(Math.max(x, y)).toBeLessThanOrEqual(65535);
        expect([z, x * y >= count, x * y - count < y]).toEqual([1, true, true]);
      }),
    );
  });

  test('a size class holds what was asked for, wastes at most a quarter, and is its own class', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 40 }), (bytes) => {
        const size = sizeClass(bytes);
        expect(size).toBeGreaterThanOrEqual(bytes);
        expect(size).toBeLessThanOrEqual(Math.max(256, bytes * 1.25));
        expect([sizeClass(size), size % 4]).toEqual([size, 0]);
      }),
    );
  });
});

describe('host data', () => {
  test('comes back from its bytes', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 20 }), (data) => {
        const bytes = toBytes(data, 'f32');
        expect(fromBytes(bytes.buffer, 'f32', data.length)).toEqual(data);
        // f16 rounds once: what has been rounded stays.
        const half = fromBytes(toBytes(data, 'f16').buffer, 'f16', data.length);
        expect(fromBytes(toBytes(half, 'f16').buffer, 'f16', data.length)).toEqual(half);
      }),
    );
  });
});

describe('random numbers', () => {
  test('number n depends on seed, stream and n alone', () => {
    const streams = fc.integer({ min: 0, max: 2 ** 32 - 1 });
    const positions = fc.integer({ min: 0, max: 2 ** 40 });
    fc.assert(
      fc.property(seeds, streams, positions, fc.nat({ max: 50 }), (seed, stream, at, steps) => {
        const [walker, jumper] = [new CounterRng(seed, stream), new CounterRng(seed, stream)];
        walker.restore(at);
        for (let i = 0; i < steps; i++) walker.uint32();
        jumper.at(3);
        expect(walker.uint32()).toBe(jumper.at(at + steps));
        expect(walker.state()).toBe(at + steps + 1);
      }),
    );
  });

  test('numbers lie in their ranges', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 2 ** 48 }), (seed, bound) => {
        const rng = new CounterRng(seed);
        const [uniform, below] = [rng.uniform(), rng.below(bound)];
        expect(uniform >= 0 && uniform < 1).toBe(true);
        expect(Number.isInteger(below) && below >= 0 && below < bound).toBe(true);
        expect(Number.isFinite(rng.normal())).toBe(true);
      }),
    );
  });
});

/** Scopes within scopes: what each makes, and which of all that it has it returns. */
interface Nest {
  readonly made: number;
  readonly inner: readonly Nest[];
  readonly keeps: readonly boolean[];
  readonly throws: boolean;
}
const nests = (depth: number): fc.Arbitrary<Nest> =>
  fc.record({
    made: fc.nat({ max: 3 }),
    inner: depth === 0 ? fc.constant([]) : fc.array(nests(depth - 1), { maxLength: 2 }),
    keeps: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
    throws: fc.integer({ min: 0, max: 9 }).map((die) => die === 0),
  });

gpuSuite('scopes', (device) => {
  const run = ({ made, inner, keeps, throws }: Nest): Tensor[] =>
    device().scope(() => {
      const own = Array.from({ length: made }, () => device().empty([3]));
      const all = [...own, ...inner.flatMap(run)];
      if (throws) throw new Error('inside');
      return all.filter((_, index) => keeps[index % keeps.length]);
    });

  test('what is returned lives, all else is free, also after an error', () => {
    fc.assert(
      fc.property(nests(3), (plan) => {
        const before = device().memory;
        let kept: Tensor[] = [];
        try {
          kept = run(plan);
        } catch (error) {
          expect(error).toMatchObject({ message: 'inside' });
        }
        expect(kept.every((tensor) => !tensor.isDisposed)).toBe(true);
        expect(device().memory.liveTensors).toBe(before.liveTensors + kept.length);
        for (const tensor of kept) tensor.dispose();
        expect(device().memory.inUseBytes).toBe(before.inUseBytes);
      }),
    );
  });
});
