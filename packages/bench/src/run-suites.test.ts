import { createDevice } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import type { BenchCase, Variant } from './case.ts';
import { runGate } from './gate.ts';
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

gpuSuite('suites', (device) => {
  // The benchmark checks every variant itself; here the last of each suite stands for all, as kernels compile for seconds.
  test.each(suiteNames)('%s: its last variant passes its gate', async (name) => {
    const benchCase = suites[name](device().caps).at(-1) as BenchCase;
    const variant = benchCase.variants.at(-1) as Variant;
    const gate = await runGate(device(), variant, benchCase.gateDims ?? benchCase.dims);
    expect(gate, variant.name).toMatchObject({ isOk: true });
  });

  test('the costs of attention follow the blocks that the search keeps', async () => {
    const [forward] = suites.attention(device().caps);
    const dims = { ...forward?.gateDims };
    const [dense, pruned] = await Promise.all(
      (forward?.variants ?? []).map(async (variant) => {
        const workload = variant.build(device(), dims);
        const counts = await workload.counts();
        workload.dispose();
        return counts;
      }),
    );
    expect(dense?.keptBlocks).toBe(dense?.causalBlocks);
    expect(pruned?.keptBlocks).toBeLessThan(pruned?.causalBlocks as number);
    const share = (pruned?.keptBlocks as number) / (pruned?.causalBlocks as number);
    expect(pruned?.flops).toBeCloseTo((dense?.flops as number) * share, 0);
  });
});
