// The f64 reference by itself: gradients against finite differences, and what pruning and padding mean.

import { gradcheck, randomArray } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import type { AttentionDims } from '../dims.ts';
import { staircase } from '../fixtures/make-inputs.ts';
import {
  referenceDroppedMass,
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from './index.ts';

const dims: AttentionDims = { batch: 2, queryLen: 11, keyLen: 19, numHeads: 2, headDim: 3 };
const sizes = { q: 2 * 11 * 2 * 3, k: 2 * 19 * 2 * 3, gate: 2 * 19 * 2 };

const inputs = (keys = sizes.k) => ({
  q: Float64Array.from(randomArray(1, sizes.q)),
  k: Float64Array.from(randomArray(2, keys)),
  v: Float64Array.from(randomArray(3, keys)),
  logFgate: Float64Array.from(randomArray(4, sizes.gate, { mean: -0.3, scale: 0.2 })),
});

const variants = {
  plain: {},
  padded: { seqStart: [0, 13] },
  packed: { cuSeqlens: [0, 0, 10, 11, 19, 2, 9, 12, 18, 18], windowSize: 5 },
  grouped: { numKvHeads: 1, windowSize: 1000 },
  pruned: { seqStart: [2, 0], ranges: staircase(5, dims, { blockM: 4, blockN: 4 }), smScale: 0.7 },
};

describe('forgetting attention in f64', () => {
  test.each(Object.entries(variants))('gradients by finite differences: %s', (_, variant) => {
    const { numKvHeads = dims.numHeads, ...options } = { numKvHeads: undefined, ...variant };
    const theDims = { ...dims, numKvHeads };
    const dOut = randomArray(6, sizes.q);
    const worst = gradcheck({
      inputs: inputs((sizes.k * numKvHeads) / dims.numHeads),
      forward: (given) => {
        const { out } = referenceForgettingAttention(theDims, { ...given, ...options });
        return out.reduce((sum, value, at) => sum + value * dOut[at]!, 0);
      },
      backward: (given) => {
        const grads = referenceForgettingAttentionBackward(theDims, { ...given, ...options }, dOut);
        return { q: grads.dq, k: grads.dk, v: grads.dv, logFgate: grads.dLogFgate };
      },
    });
    expect(worst).toBeLessThan(1e-6);
  });

  test('a gate of 0 nats is no gate', () => {
    const given = { ...inputs(), logFgate: new Float64Array(sizes.gate) };
    const { out } = referenceForgettingAttention(dims, { ...given, logFgate: null });
    expect(referenceForgettingAttention(dims, given).out).toEqual(out);
  });

  test('each row sees its own document, as far as its window and its first key allow', () => {
    const given = { ...inputs(), cuSeqlens: [0, 0, 10, 11, 19, 2, 9, 12, 18, 18], windowSize: 5 };
    const { firstKeys } = referenceForgettingAttention(dims, given);
    // Rows stand at positions 8…18.
    expect([...firstKeys.subarray(0, 11)]).toEqual([4, 5, 10, 11, 11, 11, 11, 11, 12, 13, 14]);
    expect([...firstKeys.subarray(22, 33)]).toEqual([4, 9, 9, 9, 12, 12, 12, 12, 12, 13, 19]);
    const later = { ...given, firstKeys: firstKeys.map((first) => first + 2) };
    expect([...referenceForgettingAttention(dims, later).firstKeys.subarray(0, 11)]).toEqual([
      6, 7, 11, 12, 13, 13, 13, 13, 14, 15, 16,
    ]);
  });

  test('dropped mass is the weight of the keys before the first kept one', () => {
    const given = { ...inputs(), logFgate: new Float64Array(sizes.gate), smScale: 0 };
    const first = new Int32Array(2 * 2 * 11).fill(2);
    const mass = referenceDroppedMass(dims, given, first);
    // All weights of the row at position 8 are equal, and 2 of its 9 keys are dropped.
    expect(mass[0]).toBeCloseTo(2 / 9, 12);
    expect(mass[10]).toBeCloseTo(2 / 19, 12);
  });

  test('a row before its sequence gives 0', () => {
    const { out, lse } = referenceForgettingAttention(dims, { ...inputs(), seqStart: [0, 13] });
    // Rows 0…4 of the second sequence stand at key positions 8…12.
    expect(out.subarray(sizes.q / 2, sizes.q / 2 + 5 * 6).every((value) => value === 0)).toBe(true);
    expect(lse[2 * 11]).toBe(-1e30);
    expect(lse[2 * 11 + 5]).toBeGreaterThan(-100);
  });
});
