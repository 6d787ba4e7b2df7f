import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceBlockRanges, type SearchDims } from './find-index.reference.ts';
import { cumulativeGates, GATE_KINDS, type GateKind } from './log-gates.fixture.ts';

const size = fc.constantFrom(8, 16, 32, 64, 128);
const problem = fc
  .record({
    queryLen: fc.integer({ min: 1, max: 150 }),
    offset: fc.integer({ min: 0, max: 150 }),
    blockM: size,
    blockN: size,
    kind: fc.constantFrom(...(Object.keys(GATE_KINDS) as GateKind[])),
    seed: fc.nat(1e6),
    delta: fc.oneof(fc.integer({ min: -60, max: 0 }), fc.double({ min: -60, max: 0, noNaN: true })),
  })
  .map(({ queryLen, offset, blockM, blockN, kind, seed, delta }) => {
    const keyLen = queryLen + offset;
    const blocks = { blockM, blockN };
    const dims: SearchDims = { batch: 1, numHeads: 1, queryLen, keyLen, blocks };
    return { dims, logLambda: cumulativeGates(kind, seed, 1, keyLen), delta };
  });

const startOf = (logLambda: Float64Array, delta: number, dims: SearchDims) =>
  referenceBlockRanges(logLambda, [delta], dims).startIndex;

const positionOf = (i: number, { queryLen, keyLen }: SearchDims) => keyLen - queryLen + i;

describe("laws of the paper's boundary", () => {
  test('what it drops lies below δ pair by pair; every block that it keeps has its corner at δ or above, or the diagonal', () => {
    fc.assert(
      fc.property(problem, ({ dims, logLambda, delta }) => {
        const { blocks, queryLen } = dims;
        startOf(logLambda, delta, dims).forEach((start, m) => {
          const firstRow = positionOf(m * blocks.blockM, dims);
          for (let i = m * blocks.blockM; i < Math.min((m + 1) * blocks.blockM, queryLen); i++) {
            const dropped = logLambda.subarray(0, start);
            const largest = logLambda[positionOf(i, dims)]! - Math.min(0, ...dropped);
            expect(largest < delta || start === 0).toBe(true);
          }
          for (let last = start + blocks.blockN - 1; last < firstRow; last += blocks.blockN)
            expect(logLambda[firstRow]! - logLambda[last]!).toBeGreaterThanOrEqual(delta);
        });
      }),
      { seed: 42, numRuns: 60 },
    );
  });

  test('a lower δ keeps more, −∞ keeps all', () => {
    fc.assert(
      fc.property(
        problem,
        fc.double({ min: 0, max: 50, noNaN: true }),
        ({ dims, logLambda, delta }, by) => {
          const start = startOf(logLambda, delta, dims);
          startOf(logLambda, delta - by, dims).forEach((lower, m) => {
            expect(lower).toBeLessThanOrEqual(start[m]!);
          });
          const dense = startOf(logLambda, Number.NEGATIVE_INFINITY, dims);
          expect(dense.every((first) => first === 0)).toBe(true);
        },
      ),
      { seed: 42, numRuns: 100 },
    );
  });

  test('gates of 1 keep all; shut gates keep the blocks on the diagonal', () => {
    fc.assert(
      fc.property(problem, ({ dims, delta }) => {
        const { keyLen, blocks } = dims;
        const open = startOf(new Float64Array(keyLen), delta, dims);
        expect(open.every((first) => first === 0)).toBe(true);
        const shut = new Float64Array(keyLen).map((_, t) => -1000 * t);
        startOf(shut, delta, dims).forEach((start, m) => {
          const firstRow = positionOf(m * blocks.blockM, dims);
          expect(start).toBe(firstRow - (firstRow % blocks.blockN));
        });
      }),
      { seed: 42, numRuns: 100 },
    );
  });

  test('a coarse block is kept where one of its fine blocks is, and nowhere else', () => {
    fc.assert(
      fc.property(problem, ({ dims, logLambda, delta }) => {
        const { blockM, blockN } = dims.blocks;
        const fine = startOf(logLambda, delta, { ...dims, blocks: { blockM: 8, blockN: 8 } });
        startOf(logLambda, delta, dims).forEach((start, m) => {
          const rows = fine.slice((m * blockM) / 8, ((m + 1) * blockM) / 8);
          const smallest = Math.min(...rows);
          expect(start).toBe(smallest - (smallest % blockN));
        });
      }),
      { seed: 42, numRuns: 200 },
    );
  });

  test('NaN gates keep what they touch', () => {
    fc.assert(
      fc.property(problem, ({ dims, delta }) => {
        const nan = new Float64Array(dims.keyLen).fill(Number.NaN);
        expect(startOf(nan, delta, dims).every((first) => first === 0)).toBe(true);
      }),
      { seed: 42, numRuns: 50 },
    );
  });
});
