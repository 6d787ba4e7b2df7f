// Cases for the kernels on subgroup matrices. A software adapter compiles each of them for many seconds, so the cases share few
// pipelines: all have gates and visibility, and a head dim of 16.

import type { AttentionCase } from './attention.cases.ts';

export interface MatrixCase extends AttentionCase {
  /** Factor on q: logits of hundreds of nats, as a model without QK-norm may have. */
  readonly scale?: number;
}

const dims = (
  batch: number,
  queryLen: number,
  keyLen: number,
  numHeads: number,
  numKvHeads: number,
) => ({
  ...{ batch, queryLen, keyLen, numHeads, numKvHeads },
  headDim: 16,
});

const WEAK = { mean: -0.02, scale: 0.02 };
const STRONG = { mean: -1, scale: 1 };

export const matrixCases: readonly MatrixCase[] = [
  { id: 'tails, grouped heads', dims: dims(2, 75, 75, 4, 2), gate: WEAK },
  { id: 'one token', dims: dims(1, 1, 1, 1, 1), gate: WEAK },
  {
    id: 'packed, padded',
    dims: dims(2, 65, 65, 1, 1),
    gate: STRONG,
    seqStart: [0, 12],
    cuSeqlens: [0, 33, 65, 8, 40, 64],
  },
  {
    id: 'a window over keys that queries do not reach',
    dims: dims(1, 40, 150, 2, 1),
    gate: WEAK,
    windowSize: 21,
  },
  {
    id: 'gates that shut: lambda in the thousands',
    dims: dims(1, 333, 333, 2, 2),
    gate: { mean: -8, scale: 25 },
  },
  { id: 'logits of hundreds of nats', dims: dims(1, 140, 140, 2, 2), gate: WEAK, scale: 120 },
  {
    id: 'blocks dropped by the paper rule',
    dims: dims(1, 100, 170, 2, 2),
    gate: WEAK,
    blocks: { blockM: 32, blockN: 32 },
  },
];
