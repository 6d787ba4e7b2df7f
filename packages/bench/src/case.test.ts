import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { type BenchCase, caseId, dim } from './case.ts';
import { suites } from './suites/index.ts';

const MISSING =
  "bench: expected a case with the dimension 'T', got B1-H3; name it in dims and checkDims.";

test('the id of a case: op, mode and sizes; a preset stands for all but batch and tokens', () => {
  const one = { op: 'attend', mode: 'forward', dims: { B: 1, T: 512, H: 3 } } as const;
  expect(caseId(one)).toBe('attend/forward B1-T512-H3');
  expect(caseId({ ...one, preset: 'pro-nano' })).toBe('attend/forward pro-nano B1-T512');
  expect(() => caseId({ ...one, preset: 'pro-nano', dims: { B: 1, H: 3 } })).toThrow(MISSING);
});

test('a size that is not named is refused', () => {
  expect(dim({ B: 1, T: 0 }, 'T')).toBe(0);
  expect(() => dim({ B: 1, H: 3 }, 'T')).toThrow(MISSING);
  expect(() => dim({}, 'T')).toThrow('got none');
});

gpuSuite('a suite', (device) => {
  /** Without one of its sizes, no case takes another in silence. */
  test.each([
    ['matmul', ['M', 'N', 'K']],
    ['attention', ['B', 'T', 'H', 'D', 'block']],
    ['pruning', ['B', 'T', 'H', 'D', 'block', 'tauMin', 'tauMax']],
    ['training', ['B', 'T']],
    ['decode', ['T']],
  ] as const)('%s names every size that it needs', async (name, sizes) => {
    const benchCase = suites[name](device().caps)[0] as BenchCase;
    for (const size of sizes) {
      const { [size]: _, ...others } = benchCase.dims;
      for (const { build } of benchCase.variants) {
        await expect(async () => build(device(), others)).rejects.toThrow(`dimension '${size}'`);
      }
    }
  });
});
