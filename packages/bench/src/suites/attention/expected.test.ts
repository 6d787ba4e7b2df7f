import {
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from '@vulpes/fox-attention/reference';
import { describe, expect, test } from 'vitest';
import type { Expected } from '../../case.ts';
import { chooseSample, sampledReference } from './expected.ts';
import { hostInputs, readSizes } from './inputs.ts';

const dims = { B: 2, T: 37, H: 3, D: 5, block: 8 };
const sizes = readSizes(dims);
const host = hostInputs(sizes);

describe('the sampled reference', () => {
  const referenceDims = { batch: 2, queryLen: 37, keyLen: 37, numHeads: 3, headDim: 5 };
  const { out } = referenceForgettingAttention(referenceDims, host);
  const gradients = referenceForgettingAttentionBackward(referenceDims, host, host.dOut);
  const sample = { heads: [1, 5], rows: [0, 7, 36], tail: 6, early: [0, 18] };

  const both = sampledReference(sizes, host, 'forward+backward', sample);

  const expectSame = (of: Expected | undefined, whole: Float64Array, size: number) => {
    const { values, indices } = of as Required<Expected>;
    expect(values).toHaveLength(size);
    expect(new Set(Array.from(indices)).size).toBe(size);
    Array.from(indices).forEach((index, at) => {
      expect(values[at], String(index)).toBeCloseTo(whole[index] as number, 12);
    });
  };

  test('rows of out and dq are those of the whole reference', () => {
    expectSame(both.out, out, 2 * 3 * 5);
    expectSame(sampledReference(sizes, host, 'forward', sample).out, out, 2 * 3 * 5);
    expectSame(both.dq, gradients.dq, 2 * 3 * 5);
  });

  test('gradients of the last keys, and of early ones, are those of the whole reference', () => {
    const { dk, dv, dLogFgate } = both;
    // Of both heads six keys; two early ones of the first.
    expectSame(dk, gradients.dk, 2 * 6 * 5 + 2 * 5);
    expectSame(dv, gradients.dv, 2 * 6 * 5 + 2 * 5);
    expectSame(dLogFgate, gradients.dLogFgate, 2 * 6);
    // The last token of the last head is the last element of all.
    expect(dk?.indices).toContain(2 * 37 * 3 * 5 - 1);
  });

  test('a key of a head that forgets has its whole gradient long before the end', () => {
    const long = readSizes({ B: 1, T: 256, H: 3, D: 5, block: 8 });
    const inputs = hostInputs(long);
    const whole = referenceForgettingAttentionBackward(
      { batch: 1, queryLen: 256, keyLen: 256, numHeads: 3, headDim: 5 },
      inputs,
      inputs.dOut,
    );
    const early = { heads: [0], rows: [], tail: 0, early: [9] };
    const { dk, dv } = sampledReference(long, inputs, 'forward+backward', early);
    expectSame(dk, whole.dk, 5);
    expectSame(dv, whole.dv, 5);
    expect(Math.hypot(...Array.from(dv!.values))).toBeGreaterThan(0.1);
  });

  test('a row of a head that forgets is whole without the keys that it has forgotten', () => {
    const long = readSizes({ B: 1, T: 256, H: 3, D: 5, block: 8 });
    const inputs = hostInputs(long);
    const dims = { batch: 1, queryLen: 256, keyLen: 256, numHeads: 3, headDim: 5 };
    const whole = referenceForgettingAttentionBackward(dims, inputs, inputs.dOut);
    const last = { heads: [0], rows: [255], tail: 4, early: [] };
    const { dq, dk, dLogFgate } = sampledReference(long, inputs, 'forward+backward', last);
    expectSame(dq, whole.dq, 5);
    expectSame(dk, whole.dk, 20);
    expectSame(dLogFgate, whole.dLogFgate, 4);
  });

  test('a sample holds both ends, tile edges ± 1, and a head of each kind', () => {
    // Tiles of 8 begin at 8, 16 and, the last of 37 rows, 32.
    expect(chooseSample(sizes)).toEqual({
      heads: [0, 5],
      rows: [0, 7, 8, 9, 15, 16, 17, 31, 32, 33, 36],
      tail: 32,
      early: [0],
    });
    expect(chooseSample(readSizes({ ...dims, B: 1, T: 1 }))).toEqual({
      heads: [0, 2],
      rows: [0],
      tail: 1,
      early: [],
    });
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

  test('asks for gradients only where the case makes them', () => {
    expect(Object.keys(sampledReference(sizes, host, 'forward'))).toEqual(['out']);
    const both = sampledReference(sizes, host, 'forward+backward');
    expect(Object.keys(both)).toEqual(['out', 'dq', 'dk', 'dv', 'dLogFgate']);
  });
});
