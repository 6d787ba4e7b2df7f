// The f64 twin by itself: gradients against finite differences, and what pruning and padding mean.

import { gradcheck, randomArray } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import type { AttentionDims } from './dims.ts';
import { staircase } from './fixtures/make-inputs.ts';
import { naiveForgettingAttention, naiveForgettingAttentionBackward } from './naive.ts';

const dims: AttentionDims = { batch: 2, queryLen: 11, keyLen: 19, numHeads: 2, headDim: 3 };
const sizes = { q: 2 * 11 * 2 * 3, k: 2 * 19 * 2 * 3, gate: 2 * 19 * 2 };

const inputs = () => ({
  q: Float64Array.from(randomArray(1, sizes.q)),
  k: Float64Array.from(randomArray(2, sizes.k)),
  v: Float64Array.from(randomArray(3, sizes.k)),
  logFgate: Float64Array.from(randomArray(4, sizes.gate, { mean: -0.3, scale: 0.2 })),
});

const variants = {
  plain: {},
  padded: { seqStart: [0, 13] },
  pruned: { seqStart: [2, 0], ranges: staircase(5, dims, { blockM: 4, blockN: 4 }), smScale: 0.7 },
};

describe('forgetting attention in f64', () => {
  test.each(Object.entries(variants))('gradients by finite differences: %s', (_, options) => {
    const dOut = randomArray(6, sizes.q);
    const worst = gradcheck({
      inputs: inputs(),
      forward: (given) => {
        const { out } = naiveForgettingAttention(dims, { ...given, ...options });
        return out.reduce((sum, value, at) => sum + value * dOut[at]!, 0);
      },
      backward: (given) => {
        const grads = naiveForgettingAttentionBackward(dims, { ...given, ...options }, dOut);
        return { q: grads.dq, k: grads.dk, v: grads.dv, logFgate: grads.dLogFgate };
      },
    });
    expect(worst).toBeLessThan(1e-6);
  });

  test('a gate of 0 nats is no gate', () => {
    const given = { ...inputs(), logFgate: new Float64Array(sizes.gate) };
    const { out } = naiveForgettingAttention(dims, { ...given, logFgate: null });
    expect(naiveForgettingAttention(dims, given).out).toEqual(out);
  });

  test('a row before its sequence gives 0', () => {
    const { out, lse } = naiveForgettingAttention(dims, { ...inputs(), seqStart: [0, 13] });
    // Rows 0…4 of the second sequence stand at key positions 8…12.
    expect(out.subarray(sizes.q / 2, sizes.q / 2 + 5 * 6).every((value) => value === 0)).toBe(true);
    expect(lse[2 * 11]).toBe(-1e30);
    expect(lse[2 * 11 + 5]).toBeGreaterThan(-100);
  });
});
