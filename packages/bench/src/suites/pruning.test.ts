import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { runCheck } from '../check.ts';
import { pruningCase, pruningSuite } from './pruning.ts';

gpuSuite('the pruning suite', (device) => {
  test('checks both rules, and counts what they keep with the mass that they drop', async () => {
    const { variants, dims, checkDims } = pruningCase({
      B: 1,
      T: 512,
      H: 3,
      D: 16,
      block: 32,
      tauMin: 2,
      tauMax: 64,
    });
    const [paper, certified] = await Promise.all(
      variants.map(async (variant) => {
        expect(await runCheck(device(), variant, checkDims!)).toMatchObject({ isOk: true });
        const workload = await variant.build(device(), dims);
        const counts = await workload.counts();
        workload.dispose();
        return counts;
      }),
    );
    if (!paper || !certified) expect.fail('expected two rules');
    expect(paper.causalBlocks).toBe((3 * 16 * 17) / 2);
    expect(certified.causalBlocks).toBe(paper.causalBlocks);
    expect(certified.keptBlocks!).toBeLessThan(0.9 * paper.keptBlocks!);
    expect(certified.droppedMass).toBeGreaterThan(0);
    // Near every 4th of 512 rows, and odd.
    for (const counts of [paper, certified])
      expect(counts).toMatchObject({ droppedMassEvery: 5, countsDescribeTimedWork: false });
    expect(certified.droppedMass).toBeLessThan(Math.exp(-10));
    expect(paper.droppedMass).toBeLessThan(Math.exp(-10));
  });

  test('has a short and a long context for both ranges of decay times', () => {
    const cases = pruningSuite(device().caps);
    expect(cases.map(({ dims }) => [dims.T, dims.tauMin, dims.tauMax])).toEqual([
      [2048, 2, 512],
      [2048, 4, 4096],
      [16384, 2, 512],
      [16384, 4, 4096],
    ]);
  });
});
