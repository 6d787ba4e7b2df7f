// The cases that both variants are held to: odd sizes, every head dim, padding, documents, windows, grouped heads,
// cross lengths, pruning, extreme gates.

import type { AttentionDims } from './dims.ts';

/** Mean and spread of the log gates; they are made ≤ 0. */
export interface GateKind {
  readonly mean: number;
  readonly scale: number;
}

export interface AttentionCase {
  readonly id: string;
  readonly dims: AttentionDims;
  readonly gate: GateKind | null;
  readonly seqStart?: readonly number[];
  /** Offsets of packed documents, [documents + 1] or [B, documents + 1]. */
  readonly cuSeqlens?: readonly number[];
  readonly windowSize?: number;
  /** Drops blocks of these sizes along a random staircase. */
  readonly blocks?: { readonly blockM: number; readonly blockN: number };
  readonly smScale?: number;
}

const WEAK: GateKind = { mean: -0.02, scale: 0.02 };
const STRONG: GateKind = { mean: -1, scale: 1 };
/** Several gates shut for good amid weak ones: where differences of plain f32 sums are off by 1e-4. */
const BREAKS: GateKind = { mean: -8, scale: 25 };

const dims = (
  batch: number,
  queryLen: number,
  keyLen: number,
  numHeads: number,
  headDim: number,
  numKvHeads = numHeads,
): AttentionDims => ({ batch, queryLen, keyLen, numHeads, numKvHeads, headDim });

// Few head dims per set of options: each pair is another pipeline, which a software adapter compiles for a second or more.
export const attentionCases: readonly AttentionCase[] = [
  { id: 'B1-T1-H1-D16', dims: dims(1, 1, 1, 1, 16), gate: WEAK },
  { id: 'B2-T63-H2-D32', dims: dims(2, 63, 63, 2, 32), gate: STRONG },
  { id: 'B1-T111-H2-D64', dims: dims(1, 111, 111, 2, 64), gate: WEAK },
  { id: 'B1-T33-H1-D128', dims: dims(1, 33, 33, 1, 128), gate: STRONG },
  { id: 'B1-T65-H2-D16-no-gate', dims: dims(1, 65, 65, 2, 16), gate: null },
  { id: 'B1-T127-H2-D16-breaks', dims: dims(1, 127, 127, 2, 16), gate: BREAKS },
  { id: 'B1-M1-N70-H2-D64-decode', dims: dims(1, 1, 70, 2, 64), gate: WEAK },
  { id: 'B2-M9-N95-H1-D32-cross', dims: dims(2, 9, 95, 1, 32), gate: STRONG },
  { id: 'B3-T50-H1-D16-padded', dims: dims(3, 50, 50, 1, 16), gate: WEAK, seqStart: [0, 37, 50] },
  {
    id: 'B2-T111-H2-D16-pruned-8x8-padded',
    dims: dims(2, 111, 111, 2, 16),
    gate: STRONG,
    seqStart: [0, 18],
    blocks: { blockM: 8, blockN: 8 },
  },
  {
    id: 'B2-T130-H1-D16-pruned-32x16-padded',
    dims: dims(2, 130, 130, 1, 16),
    gate: WEAK,
    seqStart: [21, 3],
    blocks: { blockM: 32, blockN: 16 },
    smScale: 0.4,
  },
  {
    id: 'B1-M40-N150-H2-D16-pruned-16x64-cross-padded',
    dims: dims(1, 40, 150, 2, 16),
    gate: STRONG,
    seqStart: [5],
    blocks: { blockM: 16, blockN: 64 },
  },
  { id: 'B2-T50-H4-Hkv2-D16', dims: dims(2, 50, 50, 4, 16, 2), gate: STRONG },
  { id: 'B1-T70-H4-Hkv1-D64', dims: dims(1, 70, 70, 4, 64, 1), gate: WEAK },
  { id: 'B1-T37-H8-Hkv2-D16-no-gate', dims: dims(1, 37, 37, 8, 16, 2), gate: null },
  {
    id: 'B1-T111-H2-D16-packed',
    dims: dims(1, 111, 111, 2, 16),
    gate: WEAK,
    // Documents of 1, 0, 30, 1 and 68 tokens, then 11 of padding.
    cuSeqlens: [0, 1, 1, 31, 32, 100],
  },
  {
    id: 'B2-T65-H1-D16-packed-padded',
    dims: dims(2, 65, 65, 1, 16),
    gate: STRONG,
    seqStart: [0, 12],
    cuSeqlens: [0, 33, 65, 8, 40, 64],
  },
  { id: 'B1-T70-H1-D16-window-1', dims: dims(1, 70, 70, 1, 16), gate: WEAK, windowSize: 1 },
  {
    id: 'B2-T130-H2-D16-window-33-padded',
    dims: dims(2, 130, 130, 2, 16),
    gate: WEAK,
    windowSize: 33,
    seqStart: [0, 77],
  },
  {
    id: 'B1-M40-N150-H2-Hkv1-D16-window-21-cross',
    dims: dims(1, 40, 150, 2, 16, 1),
    gate: STRONG,
    windowSize: 21,
  },
  {
    id: 'B1-T160-H4-Hkv2-D16-packed-window-50-pruned-16x16',
    dims: dims(1, 160, 160, 4, 16, 2),
    gate: WEAK,
    cuSeqlens: [0, 40, 40, 150, 151],
    windowSize: 50,
    blocks: { blockM: 16, blockN: 16 },
  },
];
