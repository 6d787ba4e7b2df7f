// Tiles, workgroup memory, grids and default block sizes, for every head dim and both families.

import { describe, expect, test } from 'vitest';
import { backwardFlops, causalPairs, forwardBytes, forwardFlops } from './costs.ts';
import { HEAD_DIMS } from './dims.ts';
import {
  backwardKeyKernel,
  backwardPrepare,
  backwardQueryKernel,
} from './kernels/backward.kernel.ts';
import { forwardKernel } from './kernels/forward.kernel.ts';
import { selectBlocks } from './select-blocks.ts';

const families = ['gpu', 'software'] as const;
const noCaps = undefined as never;
const flags = {
  hasGate: true,
  hasVisibility: true,
  hasRanges: false,
  hasStopRule: true,
  hasEnds: true,
};

describe('select', () => {
  test.each(families)('%s kernels fit the portable limits', (kernels) => {
    for (const headDim of HEAD_DIMS) {
      const sizes = { batch: 4, queryLen: 65536, keyLen: 65536, numHeads: 32, headDim };
      const dims = { ...sizes, ...flags };
      const choices = [forwardKernel, backwardQueryKernel, backwardKeyKernel];
      for (const choose of choices) {
        const kernel = choose({ kernels });
        const spec = kernel.select(dims, noCaps) as never;
        expect(kernel.workgroupBytes?.(spec) ?? 0).toBeLessThanOrEqual(16384);
        expect(Math.max(...kernel.grid(dims, spec))).toBeLessThanOrEqual(65535);
        expect(kernel.bindings.length).toBeLessThanOrEqual(8);
      }
      const prepareGrid = backwardPrepare.grid(dims, backwardPrepare.select(dims, noCaps));
      expect(Math.max(...prepareGrid)).toBeLessThanOrEqual(65535);
    }
  });

  test('range blocks shrink with the context, as far as the family likes', () => {
    const blocks = (keyLen: number, kernels: 'gpu' | 'software') =>
      selectBlocks({ keyLen }, { kernels }).blockN;
    expect([64, 128, 256, 1024, 16384].map((n) => blocks(n, 'gpu'))).toEqual([32, 32, 32, 64, 64]);
    expect([64, 128, 256, 1024].map((n) => blocks(n, 'software'))).toEqual([8, 8, 16, 32]);
    expect(selectBlocks({ keyLen: 1024 }, { kernels: 'gpu' })).toEqual({ blockM: 64, blockN: 64 });
  });
});

describe('costs', () => {
  const dims = { batch: 2, queryLen: 3, keyLen: 5, numHeads: 4, headDim: 16 };
  test('count causal pairs of a cross-length call', () => {
    expect(causalPairs(dims)).toBe(8 * (3 + 4 + 5));
  });
  test('count multiply-adds twice, and kept pairs where given', () => {
    expect(forwardFlops(dims)).toBe(8 * 12 * 16 * 4);
    expect(backwardFlops(dims, 10)).toBe(10 * 16 * 14);
  });
  test('count bytes of every tensor once, of grouped keys and values too', () => {
    // q and out 2·3·4·16, k and v 2·5·4·16, logLambda 2·5·4 pairs, rowStats 2·3·4 pairs
    expect(forwardBytes(dims)).toBe(4 * (2 * 384 + 2 * 640 + 80 + 48));
    // k and v 2·5·2·16
    expect(forwardBytes({ ...dims, numKvHeads: 2 })).toBe(4 * (2 * 384 + 2 * 320 + 80 + 48));
  });
  test('count the flops of grouped heads by their queries', () => {
    expect(forwardFlops({ ...dims, numKvHeads: 2 })).toBe(forwardFlops(dims));
  });
});
