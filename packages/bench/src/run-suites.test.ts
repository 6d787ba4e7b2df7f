import { createDevice } from '@vulpes/tensor-core';
import { describe, expect, test } from 'vitest';
import { assertSuiteNames } from './run-suites.ts';
import { suiteNames, suites } from './suites/index.ts';

test('an unknown suite is refused in one sentence', () => {
  expect(() => assertSuiteNames(['matmul', 'matnul'])).toThrow(
    `bench: there is no suite 'matnul'; the suites are ${suiteNames.join(', ')}.`,
  );
  expect(() => assertSuiteNames([...suiteNames])).not.toThrow();
});

describe('every suite', () => {
  test('has cases with a variant each, and ids of their own', async () => {
    const { caps } = await createDevice();
    for (const isSoftware of [true, false]) {
      const cases = suiteNames.flatMap((name) => suites[name]({ ...caps, isSoftware }));
      const ids = cases.map(({ op, mode, dims }) => JSON.stringify({ op, mode, dims }));
      expect(new Set(ids).size).toBe(ids.length);
      for (const { suite, variants, inputs } of cases) {
        expect(suiteNames).toContain(suite);
        expect(variants.length).toBeGreaterThan(0);
        expect(inputs).not.toBe('');
      }
    }
  });
});
