import {
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from '@vulpes/fox-attention/reference';
import { describe, expect, test } from 'vitest';
import type { Expected } from '../../case.ts';
import { sampledReference } from './expected.ts';
import { hostInputs, readSizes } from './inputs.ts';

const dims = { B: 2, T: 97, H: 3, D: 5, block: 8 };
const sizes = readSizes(dims);
const host = hostInputs(sizes);

describe('the sampled reference', () => {
  const referenceDims = { batch: 2, queryLen: 97, keyLen: 97, numHeads: 3, headDim: 5 };
  const { out } = referenceForgettingAttention(referenceDims, host);
  const gradients = referenceForgettingAttentionBackward(referenceDims, host, host.dOut);

  const expectSame = (of: Expected | undefined, whole: Float64Array, size: number) => {
    const { values, indices } = of as Required<Expected>;
    expect(values).toHaveLength(size);
    expect(new Set(Array.from(indices)).size).toBe(size);
    Array.from(indices).forEach((index, at) => {
      expect(values[at], String(index)).toBeCloseTo(whole[index] as number, 12);
    });
    // The first head of the first sequence, and the last token of the last head.
    const width = whole.length / (2 * 97 * 3);
    expect(indices).toContain(96 * 3 * width);
    expect(indices).toContain(whole.length - 1);
  };

  test('the last tokens of the first and the last head are those of the whole reference', () => {
    const both = sampledReference(sizes, host, 'forward+backward');
    expectSame(both.out, out, 2 * 65 * 5);
    for (const name of ['dq', 'dk', 'dv'] as const)
      expectSame(both[name], gradients[name], 2 * 65 * 5);
    expectSame(both.dLogFgate, gradients.dLogFgate, 2 * 65);
    expectSame(sampledReference(sizes, host, 'forward').out, out, 2 * 65 * 5);
  });

  test('the first head forgets within tokens, the last remembers hundreds', () => {
    const [batch, seqLen, numHeads] = [1, 400, 6];
    const { logFgate } = hostInputs(readSizes({ ...dims, B: batch, T: seqLen, H: numHeads }));
    const nats = (head: number) => {
      const gates = Array.from({ length: seqLen }, (_, t) => logFgate[t * numHeads + head]!);
      return gates.reduce((sum, gate) => sum + gate) / seqLen;
    };
    // E logsigmoid(N(0, 1)) = −0.81 nats a token; of N(6, 1) it is −0.004.
    expect(nats(0)).toBeCloseTo(-0.81, 0);
    expect(nats(5)).toBeCloseTo(-0.004, 2);
  });

  test('asks for gradients only where the case makes them; one token is a sample, too', () => {
    expect(Object.keys(sampledReference(sizes, host, 'forward'))).toEqual(['out']);
    const one = readSizes({ ...dims, B: 1, T: 1, H: 1 });
    const both = sampledReference(one, hostInputs(one), 'forward+backward');
    expect(Object.keys(both)).toEqual(['out', 'dq', 'dk', 'dv', 'dLogFgate']);
    expect(both.dLogFgate?.indices).toEqual([0]);
  });
});
