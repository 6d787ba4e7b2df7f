// What must come out the same whichever way it is asked for: packed documents, wide windows, grouped heads; and what a call reports.

import type { Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, randomArray } from '@vulpes/tensor-core/testing';
import { type HostTensor, runWithGrads } from '@vulpes/wgsl-kernels/testing';
import { expect, test } from 'vitest';
import { attentionCases } from './attention.cases.ts';
import type { AttentionDims } from './dims.ts';
import { makeInputs } from './fixtures/make-inputs.ts';
import { hostTensors, uploadInputs, uploadOptions } from './fixtures/on-device.ts';
import { forgettingAttention, forgettingAttentionWithStats } from './forgetting-attention.ts';
import { headsSideBySide } from './kernels/tile.ts';
import {
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from './reference/index.ts';

const BOUND = 1e-6;
const WEAK = { mean: -0.05, scale: 0.05 };
const DOCUMENTS = [0, 40, 41, 96];

/** Host inputs [1, N, heads, D] as runWithGrads takes them. */
function inputsOf({ queryLen, keyLen, numHeads, headDim, ...rest }: AttentionDims) {
  const kvHeads = rest.numKvHeads ?? numHeads;
  const tensor = (seed: number, shape: number[], gate = false) => ({
    data: randomArray(
      seed,
      shape.reduce((a, b) => a * b),
      gate ? WEAK : {},
    ).map((x) => (gate ? Math.min(x, 0) : x)),
    shape,
  });
  return {
    q: tensor(1, [1, queryLen, numHeads, headDim]),
    k: tensor(2, [1, keyLen, kvHeads, headDim]),
    v: tensor(3, [1, keyLen, kvHeads, headDim]),
    logFgate: tensor(4, [1, keyLen, numHeads], true),
    dOut: tensor(5, [1, queryLen, numHeads, headDim]),
  };
}

type Inputs = ReturnType<typeof inputsOf>;

/** Tokens [from, to) of each input. */
const slice = (inputs: Inputs, from: number, to: number): Inputs => {
  const cut = ({ data, shape }: Inputs['q']) => {
    const step = data.length / shape[1]!;
    return {
      data: data.slice(from * step, to * step),
      shape: [1, to - from, ...shape.slice(2)],
    };
  };
  return {
    q: cut(inputs.q),
    k: cut(inputs.k),
    v: cut(inputs.v),
    logFgate: cut(inputs.logFgate),
    dOut: cut(inputs.dOut),
  };
};

/** Each key head's rows once for every query head of its group; tokens × heads × D. */
function repeatHeads(data: Float32Array, heads: number, group: number, headDim: number) {
  const tokens = data.length / (heads * headDim);
  const repeated = new Float32Array(data.length * group);
  for (let t = 0; t < tokens; t++) {
    for (let h = 0; h < heads * group; h++) {
      const from = (t * heads + Math.floor(h / group)) * headDim;
      repeated.set(data.subarray(from, from + headDim), (t * heads * group + h) * headDim);
    }
  }
  return repeated;
}

/** The transpose of repeatHeads: sums over the query heads of each group. */
function sumHeads(data: Float32Array, heads: number, group: number, headDim: number) {
  const sums = new Float64Array(data.length / group);
  data.forEach((value, at) => {
    const [d, h] = [at % headDim, Math.floor(at / headDim) % (heads * group)];
    const t = Math.floor(at / (headDim * heads * group));
    sums[(t * heads + Math.floor(h / group)) * headDim + d]! += value;
  });
  return sums;
}

gpuSuite(
  'forgettingAttention',
  (device) => {
    const run = (
      { dOut, ...inputs }: Inputs,
      options: { cuSeqlens?: readonly number[]; windowSize?: number; seqStart?: number } = {},
    ) => {
      const { cuSeqlens, windowSize, seqStart } = options;
      const index = (values: readonly number[]) =>
        device().tensor(Int32Array.from(values), [values.length]);
      return runWithGrads(
        device(),
        inputs,
        ({ q, k, v, logFgate }) =>
          forgettingAttention(q as Tensor, k as Tensor, v as Tensor, logFgate as Tensor, {
            windowSize,
            cuSeqlens: cuSeqlens && index(cuSeqlens),
            seqStart: seqStart === undefined ? undefined : index([seqStart]),
          }),
        dOut.data,
      );
    };

    test('a packed batch is its documents run apart', async () => {
      const inputs = inputsOf({ batch: 1, queryLen: 96, keyLen: 96, numHeads: 2, headDim: 16 });
      const packed = await run(inputs, { cuSeqlens: DOCUMENTS });
      const apart = [];
      for (let d = 0; d + 1 < DOCUMENTS.length; d++) {
        apart.push(await run(slice(inputs, DOCUMENTS[d]!, DOCUMENTS[d + 1]!), { seqStart: 0 }));
      }
      for (const [name, values] of Object.entries(packed)) {
        const joined = apart.flatMap((results) => [...results[name]!]);
        // A gate's gradient is a sum over all later tokens; of those of other documents it gets the rounding.
        expectMatch(name, values, joined, name === 'dlogFgate' ? 2 * BOUND : BOUND);
      }
    });

    test('a window of all tokens or more is no window, bit for bit', async () => {
      const inputs = inputsOf({ batch: 1, queryLen: 70, keyLen: 70, numHeads: 2, headDim: 16 });
      const wide = await run(inputs, { windowSize: 70 });
      expect(await run(inputs, { windowSize: 1000 })).toEqual(wide);
      expect(await run(inputs, { seqStart: 0 })).toEqual(wide);
    });

    test('grouped heads are repeated keys and values', async () => {
      const dims = { batch: 1, queryLen: 40, keyLen: 70, numHeads: 4, numKvHeads: 2, headDim: 16 };
      const inputs = inputsOf(dims);
      const grouped = await run(inputs, { windowSize: 33 });
      const repeat = ({ data, shape: [b, n] }: Inputs['k']) => ({
        data: repeatHeads(data, 2, 2, 16),
        shape: [b!, n!, 4, 16],
      });
      const full = { ...inputs, k: repeat(inputs.k), v: repeat(inputs.v) };
      const repeated = await run(full, { windowSize: 33 });
      for (const name of ['y', 'dq', 'dlogFgate']) expect(grouped[name]).toEqual(repeated[name]);
      for (const name of ['dk', 'dv']) {
        expectMatch(name, grouped[name]!, sumHeads(repeated[name]!, 2, 2, 16), BOUND);
      }
    });

    const reported = attentionCases.filter(({ id }) => /packed|window-(1|33)/.test(id));

    test.each(reported)(
      '$id: reports what each row and block kept',
      async ({ dims, ...theCase }) => {
        const inputs = makeInputs({ dims, ...theCase });
        const { rowStats, kept, counts } = device().scope(() => {
          const { q, k, v, logFgate } = uploadInputs(device(), dims, inputs);
          return forgettingAttentionWithStats(
            q,
            k,
            v,
            logFgate,
            uploadOptions(device(), dims, inputs),
          );
        });
        const stats = (await rowStats.data()) as Int32Array;
        const startIndex = (await kept.startIndex.data()) as Int32Array;
        const counted = (await counts.data()) as Uint32Array;
        for (const tensor of [rowStats, kept.startIndex, counts]) tensor.dispose();
        const { lse, firstKeys } = referenceForgettingAttention(dims, inputs);
        expect(stats.filter((_, at) => at % 2 === 1)).toEqual(firstKeys);
        const lseBits = stats.filter((_, at) => at % 2 === 0);
        expectMatch('lse', new Float32Array(lseBits.buffer), lse, BOUND);
        expect(startIndex).toEqual(blockStarts(dims, kept.blocks, firstKeys));
        const seen = referenceForgettingAttention(dims, { ...inputs, ranges: undefined });
        expect(counted).toEqual(blockCounts(dims, kept.blocks, seen.firstKeys, startIndex));
      },
    );
  },
  ['tiled', 'scalar'],
);

gpuSuite(
  'many keys',
  (device) => {
    test('heads that take turns at many keys are heads one by one', async () => {
      // 4 MiB of keys and values a head: two of four heads side by side, see headsSideBySide.
      const dims = { batch: 2, queryLen: 5, keyLen: 33_000, numHeads: 4, headDim: 16 };
      expect(headsSideBySide({ ...dims, dtype: 'f32' }, 4)).toBe(2);
      const id = 'many keys';
      const inputs = makeInputs({ id, dims, gate: WEAK, windowSize: 40 });
      const { y, dq } = await runWithGrads(
        device(),
        { q: hostTensors(dims, inputs).q as HostTensor },
        ({ q }) => {
          const { k, v, logFgate } = uploadInputs(device(), dims, inputs);
          return forgettingAttention(q as Tensor, k, v, logFgate, { windowSize: 40 });
        },
        inputs.dOut,
      );
      expectMatch('out', y!, referenceForgettingAttention(dims, inputs).out, BOUND);
      const expected = referenceForgettingAttentionBackward(dims, inputs, inputs.dOut);
      expectMatch('dq', dq!, expected.dq, 2 * BOUND);
    });
  },
  ['tiled'],
);

/** For each query block, the first key of any row that keeps one, rounded down; past the block's last key if none does. */
function blockStarts(
  dims: AttentionDims,
  { blockM, blockN }: { blockM: number; blockN: number },
  firstKeys: Int32Array,
): Int32Array {
  const { batch, numHeads, queryLen, keyLen } = dims;
  const blocks = Math.ceil(queryLen / blockM);
  return Int32Array.from({ length: batch * numHeads * blocks }, (_, at) => {
    const [head, block] = [Math.floor(at / blocks), at % blocks];
    const end = Math.min((block + 1) * blockM, queryLen);
    const position = (i: number) => keyLen - queryLen + i;
    let start = Math.ceil(position(end) / blockN) * blockN;
    for (let i = block * blockM; i < end; i++) {
      const first = firstKeys[head * queryLen + i]!;
      if (first <= position(i)) start = Math.min(start, Math.floor(first / blockN) * blockN);
    }
    return start;
  });
}

/** [B, H, 2]: of the blocks that hold a pair which no pruning drops, those from the first kept one on, and all. */
function blockCounts(
  { batch, numHeads, queryLen, keyLen }: AttentionDims,
  { blockM, blockN }: { blockM: number; blockN: number },
  firstKeys: Int32Array,
  startIndex: Int32Array,
): Uint32Array {
  const counts = new Uint32Array(batch * numHeads * 2);
  const blocks = Math.ceil(queryLen / blockM);
  for (let at = 0; at < batch * numHeads * blocks; at++) {
    const head = Math.floor(at / blocks);
    const rows = Array.from({ length: blockM }, (_, row) => (at % blocks) * blockM + row)
      .filter((i) => i < queryLen)
      .map((i) => ({ position: keyLen - queryLen + i, first: firstKeys[head * queryLen + i]! }));
    for (let key = 0; key < keyLen; key += blockN) {
      const isVisible = rows.some(
        ({ position, first }) => first <= position && first < key + blockN && position >= key,
      );
      if (!isVisible) continue;
      counts[2 * head + 1]!++;
      if (key >= startIndex[at]!) counts[2 * head]!++;
    }
  }
  return counts;
}
