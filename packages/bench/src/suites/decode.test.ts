import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { decodeSuite } from './decode.ts';
import { launchedBy } from './launched.fixture.ts';

gpuSuite('the decode suite', (device) => {
  test('one token a run as generate makes it: pages to evict are searched only where a page became full', async () => {
    const { variants } = decodeSuite(device().caps)[0]!;
    const before = device().memory.liveTensors;
    // Heads as wide as in the gate, so that two of three forget within a few pages.
    const dims = { B: 1, T: 299, layers: 2, hidden: 96, heads: 3, vocab: 50 };
    /** Launches of each of 48 tokens; the text then has 300 to 347. */
    const launchesOf = async (name: string) => {
      const { build } = variants.find((variant) => variant.name === name)!;
      const workload = await build(device(), dims);
      const launches: number[] = [];
      for (let token = 0; token < 48; token++) {
        const start = device().dispatchCount;
        device().scope(() => {
          workload.run();
        });
        launches.push(device().dispatchCount - start);
        if (token % 8 === 0) await device().finish();
      }
      const counts = await workload.counts();
      workload.dispose();
      return { launches, counts };
    };
    const kept = await launchesOf('cache');
    let evicted = kept;
    const kernels = await launchedBy(device(), async () => {
      evicted = await launchesOf('cache-evict');
    });
    expect(kernels).toEqual(expect.arrayContaining(['append-pages', 'first-page']));
    const plain = kept.launches[0] as number;
    expect(new Set(kept.launches)).toEqual(new Set([plain]));
    const searched = evicted.launches.flatMap((count, token) => (count > plain ? 300 + token : []));
    expect(searched).toEqual([320]);
    expect(evicted.launches.filter((count) => count === plain)).toHaveLength(47);
    // Ten pages of each of three heads and two layers; after the prompt.
    expect(kept.counts).toMatchObject({ keptBlocks: 60, causalBlocks: 60 });
    expect(evicted.counts.causalBlocks).toBe(60);
    expect(evicted.counts.keptBlocks).toBeLessThan(45);
    expect(evicted.counts.cache!.keptBytes).toBeLessThan(0.75 * kept.counts.cache!.keptBytes);
    expect(device().memory.liveTensors).toBe(before);
  });
});
