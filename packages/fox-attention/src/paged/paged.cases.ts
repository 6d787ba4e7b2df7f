// The cases of paged attention: chunks of any size, grouped heads, padding, windows, pages evicted.

import type { GateKind } from '../attention.cases.ts';

export interface PagedCase {
  readonly id: string;
  readonly batch: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly headDim: number;
  /** Tokens of each chunk, one after the other. */
  readonly chunks: readonly number[];
  readonly gate: GateKind | null;
  readonly seqStart?: readonly number[];
  readonly windowSize?: number;
  /** [B, H], of the last chunk: pages before it are evicted, and freed where the whole group agrees. */
  readonly firstPage?: readonly number[];
}

const WEAK: GateKind = { mean: -0.02, scale: 0.02 };
const STRONG: GateKind = { mean: -1, scale: 1 };

// Few head dims: each is another pipeline, which a software adapter compiles for a second.
export const pagedCases: readonly PagedCase[] = [
  { id: 'one-token', batch: 1, numHeads: 1, numKvHeads: 1, headDim: 16, chunks: [1], gate: WEAK },
  {
    id: 'B2-N95-H2-D16-page-blockBounds',
    batch: 2,
    numHeads: 2,
    numKvHeads: 2,
    headDim: 16,
    chunks: [31, 1, 1, 31, 30, 1],
    gate: STRONG,
  },
  {
    id: 'B1-N111-H4-Hkv2-D64-grouped',
    batch: 1,
    numHeads: 4,
    numKvHeads: 2,
    headDim: 64,
    chunks: [64, 46, 1],
    gate: WEAK,
  },
  {
    id: 'B3-N75-H2-D16-padded',
    batch: 3,
    numHeads: 2,
    numKvHeads: 2,
    headDim: 16,
    chunks: [40, 34, 1],
    gate: WEAK,
    seqStart: [0, 37, 74],
  },
  {
    id: 'B2-N97-H4-Hkv1-D16-window-padded',
    batch: 2,
    numHeads: 4,
    numKvHeads: 1,
    headDim: 16,
    chunks: [63, 33, 1],
    gate: STRONG,
    seqStart: [0, 70],
    windowSize: 20,
  },
  {
    id: 'B2-N130-H4-Hkv2-D16-let-go',
    batch: 2,
    numHeads: 4,
    numKvHeads: 2,
    headDim: 16,
    chunks: [127, 3],
    gate: WEAK,
    seqStart: [0, 33],
    firstPage: [1, 3, 0, 2, 2, 2, 3, 3],
  },
  {
    id: 'B1-N65-H2-D16-no-gate',
    batch: 1,
    numHeads: 2,
    numKvHeads: 1,
    headDim: 16,
    chunks: [64, 1],
    gate: null,
  },
  {
    id: 'B1-N33-H1-D128',
    batch: 1,
    numHeads: 1,
    numKvHeads: 1,
    headDim: 128,
    chunks: [32, 1],
    gate: STRONG,
  },
];
