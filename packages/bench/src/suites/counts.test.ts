// What each suite says that it computes and moves, against arithmetic written out by hand at small odd sizes.

import { selectBlocks } from '@vulpes/fox-attention';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import type { BenchCase, Counts, Dims, Mode } from '../case.ts';
import { attentionSuite } from './attention.ts';
import { decodeSuite } from './decode.ts';
import { matmulSuite } from './matmul.ts';
import { pruningCase } from './pruning.ts';
import { trainingSuite } from './training.ts';

gpuSuite('the counts of a suite', (device) => {
  async function countsOf(one: BenchCase | undefined, name: string, dims: Dims): Promise<Counts> {
    const variant = one!.variants.find((other) => other.name === name)!;
    const workload = await variant.build(device(), dims);
    try {
      return await workload.counts();
    } finally {
      workload.dispose();
    }
  }

  const attention = (mode: Mode) =>
    attentionSuite(device().caps).find((one) => one.mode === mode) as BenchCase;

  test.each(['nn', 'nt', 'tn'])('a product %s', async (layout) => {
    const counts = await countsOf(matmulSuite(device().caps)[0], layout, { M: 3, N: 5, K: 7 });
    // 15 sums of 7 products; a of 21, b of 35, c of 15 numbers.
    expect(counts).toEqual({ flops: 15 * 7 * 2, bytes: (21 + 35 + 15) * 4 });
  });

  test('attention that keeps all: blocks on and below the diagonal', async () => {
    const { blockM: side } = selectBlocks({ keyLen: 67 }, device().caps);
    const dims = { B: 2, T: 67, H: 3, D: 32, block: side };
    const forward = await countsOf(attention('forward'), 'dense', dims);
    const tiles = Math.ceil(67 / side);
    const blocks = (2 * 3 * tiles * (tiles + 1)) / 2;
    // q k and p v; the tiles of k and v and λ.
    expect(forward).toEqual({
      flops: blocks * (2 * 2 * side * side * 32),
      bytes: blocks * (side * (32 + 32 + 1) * 4),
      keptBlocks: blocks,
      causalBlocks: blocks,
    });
    const both = await countsOf(attention('forward+backward'), 'dense', dims);
    // Three more for dQ and four for dK, dV; the tiles of k, v, λ, and of q, dOut, λ, lse, δ.
    expect(both).toEqual({
      flops: blocks * (2 * 2 * side * side * 32 + 7 * 2 * side * side * 32),
      bytes: blocks * side * 4 * (2 * (32 + 32 + 1) + (32 + 32 + 3)),
      keptBlocks: blocks,
      causalBlocks: blocks,
    });
  });

  test.each(['paper', 'certified'])('pruning, %s: what the kept blocks cost', async (rule) => {
    const dims = { B: 1, T: 200, H: 2, D: 16, block: 32, tauMin: 2, tauMax: 16 };
    const { flops, bytes, keptBlocks, causalBlocks } = await countsOf(
      pruningCase(dims),
      rule,
      dims,
    );
    expect(causalBlocks).toBe(2 * (1 + 2 + 3 + 4 + 5 + 6 + 7));
    // The head that forgets fast loses some; each keeps its diagonal.
    expect(keptBlocks).toBeLessThan(56);
    expect(keptBlocks).toBeGreaterThanOrEqual(2 * 7);
    expect(flops).toBe(keptBlocks! * 2 * 2 * 32 * 32 * 16);
    expect(bytes).toBe(keptBlocks! * 32 * (16 + 16 + 1) * 4);
  });

  // Head dim 32; an MLP of width 256. Of each layer: q, k, v, output gate and o; shifts of k and v, forget gate; MLP.
  const MODEL = { layers: 2, hidden: 96, heads: 3, vocab: 50 };
  const LAYER = 5 * 96 * 96 + 3 * 3 * 96 + 256 * 96 + 96 * 128;
  const LAYER_ROWS = 5 * (96 + 96) + 3 * (3 + 96) + (256 + 96) + (96 + 128);
  /** Norms before attention and MLP, of q, k and the output; biases of three gates. */
  const LAYER_VECTORS = 5 * 96 + 3;

  test('a training step: three products of each weight, nine of each block, eight accesses of a parameter', async () => {
    const counts = await countsOf(trainingSuite(device().caps)[0], 'dense', {
      ...{ B: 1, T: 67 },
      ...MODEL,
    });
    const { blockM: side } = selectBlocks({ keyLen: 67 }, device().caps);
    const tiles = Math.ceil(67 / side);
    const blocks = (2 * 3 * tiles * (tiles + 1)) / 2;
    const weights = 2 * LAYER + 50 * 96;
    const rows = 2 * LAYER_ROWS + (50 + 96);
    const parameters = weights + 50 * 96 + 2 * LAYER_VECTORS + 96;
    expect(counts).toEqual({
      flops: 3 * 2 * 67 * weights + blocks * 9 * 2 * side * side * 32,
      bytes:
        3 * 4 * (67 * rows + weights) +
        8 * 4 * parameters +
        blocks * side * 4 * (2 * (32 + 32 + 1) + (32 + 32 + 3)),
      keptBlocks: blocks,
      causalBlocks: blocks,
    });
  });

  test('a token with a cache: each weight once, and the pages kept', async () => {
    const decode = decodeSuite(device().caps)[0];
    const dims = { B: 1, T: 79, ...MODEL };
    const { cache, ...counts } = await countsOf(decode, 'cache', dims);
    const weights = 2 * LAYER + 50 * 96;
    // 80 tokens are three pages of 32 of each of three heads and two layers.
    expect(counts).toEqual({
      flops: 2 * weights + 18 * 2 * 2 * 32 * 32,
      bytes: 4 * (weights + 2 * LAYER_ROWS + (50 + 96)) + cache!.keptBytes,
      keptBlocks: 18,
      causalBlocks: 18,
    });
    // k, v of 32 and a two-part λ of each token at least.
    expect(cache!.keptBytes).toBeGreaterThanOrEqual(18 * 32 * 4 * (32 + 32 + 2));
    expect(cache!.keptBytes).toBe(cache!.fullBytes);
  });

  test('the size of a case, by which cases are ordered', () => {
    const pairs = (T: number) => (T * (T + 1)) / 2;
    for (const mode of ['forward', 'forward+backward'] as const) {
      const { flops, dims } = attention(mode);
      const { T = 0, H = 0, D = 0 } = dims;
      expect(flops).toBe((mode === 'forward' ? 2 : 9) * 2 * D * H * pairs(T));
    }
    const { flops, dims } = matmulSuite(device().caps)[0]!;
    expect(flops).toBe(2 * dims.M! * dims.N! * dims.K!);
    const pruning = pruningCase({ B: 1, T: 33, H: 2, D: 16, block: 32, tauMin: 2, tauMax: 4 });
    expect(pruning.countFlops).toBe(2 * 2 * 16 * 2 * pairs(33));
  });
});
