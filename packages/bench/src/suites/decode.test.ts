import { selectBlocks } from '@vulpes/fox-attention';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { decodeSuite } from './decode.ts';

gpuSuite('the decode suite', (device) => {
  test('recompute counts the blocks that its layers keep, and nothing is left behind', async () => {
    const { variants } = decodeSuite(device().caps)[0]!;
    const before = device().memory.liveTensors;
    const dims = { B: 1, T: 299, layers: 2, hidden: 96, heads: 3, vocab: 256 };
    const recompute = variants[0]!.build(device(), dims);
    const counts = await recompute.counts();
    recompute.dispose();
    const { blockM, blockN } = selectBlocks({ keyLen: 300 }, device().caps);
    expect(blockM).toBe(blockN);
    const tiles = Math.ceil(300 / blockM);
    const causal = (2 * 3 * tiles * (tiles + 1)) / 2;
    expect(counts.causalBlocks).toBe(causal);
    // Two heads of three forget; all keep the diagonal.
    expect(counts.keptBlocks).toBeLessThan(causal);
    expect(counts.keptBlocks).toBeGreaterThan(2 * 3 * tiles);
    // Weights of a layer: q, k, v, output gate, o; shifts and forget gate; MLP.
    const layer = 5 * 96 * 96 + 3 * 3 * 96 + 256 * 96 + 96 * 128;
    const attention = counts.keptBlocks! * 2 * 2 * blockM * blockN * 32;
    expect(counts.flops).toBe(2 * 300 * 2 * layer + 2 * 256 * 96 + attention);
    expect(device().memory.liveTensors).toBe(before);
  });
});
