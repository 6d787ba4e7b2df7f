import { createDevice, type DeviceCaps } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { beforeAll, describe, expect, test } from 'vitest';
import { caseId } from './case.ts';
import { chooseCases } from './choose-cases.ts';
import { defaultSettings } from './run-cases.ts';
import { suiteNames, suiteSentences, suites } from './suites/index.ts';
import { roundsFor } from './timing/rounds.ts';

describe('every suite', () => {
  let software: DeviceCaps;
  beforeAll(async () => {
    software = (await createDevice()).caps;
  });
  const everything = { suites: suiteNames, presets: null, caseText: null };

  test('has a sentence, and cases with ids of their own and a variant each', () => {
    for (const isSoftware of [true, false]) {
      const cases = chooseCases({ ...software, isSoftware }, everything);
      const ids = cases.map(caseId);
      expect(new Set(ids).size).toBe(ids.length);
      for (const { suite, variants, inputs } of cases) {
        expect(suiteSentences[suite as keyof typeof suites].join(' ')).toMatch(/\.$/);
        expect(variants.length).toBeGreaterThan(0);
        expect(inputs).not.toBe('');
      }
    }
  });

  test('covers the lengths and presets that are asked for on hardware', () => {
    const hardware = { ...software, isSoftware: false };
    const attention = suites.attention(hardware).map(({ dims }) => `${dims.D}x${dims.T}`);
    for (const shape of ['64x1024', '64x65536', '128x1024', '128x65536']) {
      expect(attention).toContain(shape);
    }
    const training = suites.training(hardware).map(caseId);
    for (const preset of ['pro-125m', 'pro-360m', 'pro-760m']) {
      for (const length of [2048, 4096, 8192, 16384])
        expect(training).toContain(`train-step/step ${preset} B1-T${length}`);
    }
  });

  test('20 runs of each variant, where one takes up to a second on the CPU, half a second on hardware', () => {
    for (const [isSoftware, ms] of [
      [true, 1000],
      [false, 500],
    ] as const) {
      const settings = defaultSettings({ caps: { ...software, isSoftware } });
      expect(roundsFor(settings, ms)).toBe(20);
      expect(roundsFor(settings, 2 * ms)).toBe(10);
      expect(settings.budgetSeconds).toBe(isSoftware ? 240 : null);
    }
  });

  test('a software adapter counts long contexts only where they are asked for', () => {
    const pruning = { ...everything, suites: ['pruning'] as const };
    const lengths = (isSoftware: boolean, caseText: string | null) =>
      chooseCases({ ...software, isSoftware }, { ...pruning, caseText }).map(({ dims }) => dims.T);
    expect(lengths(true, null)).toEqual([2048, 2048]);
    expect(lengths(true, 'T16384')).toEqual([16384, 16384]);
    expect(lengths(false, null)).toEqual([2048, 2048, 16384, 16384]);
  });

  test('is cut down by preset and name', () => {
    const hardware = { ...software, isSoftware: false };
    const chosen = chooseCases(hardware, {
      ...everything,
      suites: ['training', 'matmul'],
      presets: ['pro-360m'],
      caseText: '4096',
    });
    expect(chosen.map(caseId)).toEqual([
      'train-step/step pro-360m B1-T4096',
      'matmul/forward M4096-N4096-K4096',
    ]);
    for (const [wrong, got] of [
      [{ caseText: 'nothing' }, 'none'],
      [{ presets: ['pro-1b'] }, 'pro-1b'],
    ] as const)
      expect(() => chooseCases(software, { ...everything, ...wrong })).toThrow(
        `cases of matmul, attention, pruning, training, decode on this adapter, got ${got}. The presets: pro-nano, pro-tiny.`,
      );
  });
});

gpuSuite('suites', (device) => {
  test('the costs of attention follow the blocks that the search keeps', async () => {
    const [forward] = suites.attention(device().caps);
    const dims = { ...forward?.checkDims };
    const [dense, ...pruned] = await Promise.all(
      (forward?.variants ?? []).map(async (variant) => {
        const workload = await variant.build(device(), dims);
        const counts = await workload.counts();
        workload.dispose();
        return counts;
      }),
    );
    expect(dense?.keptBlocks).toBe(dense?.causalBlocks);
    expect(pruned).toHaveLength(2);
    for (const { flops, keptBlocks = 0, causalBlocks = 0 } of pruned) {
      expect(causalBlocks).toBe(dense?.causalBlocks);
      expect(keptBlocks).toBeLessThan(causalBlocks);
      expect(flops).toBeCloseTo(((dense?.flops as number) * keptBlocks) / causalBlocks, 0);
    }
  });
});
