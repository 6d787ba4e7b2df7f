// Inputs that try to make certified pruning drop what matters: large norms, gates near 0 and near −1000 nats, resets, padding,
// documents, grouped heads.

import type { AttentionCase, GateKind } from './attention.cases.ts';

export interface CertifiedCase extends AttentionCase {
  /** Factor on q and k. */
  readonly norm: number;
  /** Factor on the keys from the middle of the text on: the largest norms come late, or early. */
  readonly lateNorm?: number;
  /** Every so many tokens the gate shuts: −1000 nats. */
  readonly resets?: number;
  readonly blocks: { readonly blockM: number; readonly blockN: number };
  readonly logPruningTolerance: number;
}

const OPEN: GateKind = { mean: -1e-3, scale: 1e-3 };
const WEAK: GateKind = { mean: -0.3, scale: 0.1 };
const STRONG: GateKind = { mean: -2, scale: 2 };

const dims = (
  batch: number,
  queryLen: number,
  keyLen: number,
  heads: readonly [number, number],
) => ({
  batch,
  queryLen,
  keyLen,
  numHeads: heads[0],
  numKvHeads: heads[1],
  headDim: 16,
});

export const certifiedCases: readonly CertifiedCase[] = [
  {
    id: 'weak gates, T 193',
    dims: dims(1, 193, 193, [2, 2]),
    gate: WEAK,
    norm: 1,
    blocks: { blockM: 32, blockN: 32 },
    logPruningTolerance: -10,
  },
  {
    id: 'strong gates, large norms, late keys larger',
    dims: dims(1, 160, 160, [2, 2]),
    gate: STRONG,
    norm: 4,
    lateNorm: 3,
    blocks: { blockM: 64, blockN: 16 },
    logPruningTolerance: -10,
  },
  {
    id: 'large norms, early keys larger, a wide tolerance',
    dims: dims(1, 160, 160, [2, 1]),
    gate: STRONG,
    norm: 3,
    lateNorm: 0.3,
    blocks: { blockM: 8, blockN: 8 },
    logPruningTolerance: -2,
  },
  {
    id: 'open gates with resets, padded',
    dims: dims(2, 150, 150, [1, 1]),
    gate: OPEN,
    norm: 1,
    resets: 37,
    seqStart: [0, 53],
    blocks: { blockM: 16, blockN: 16 },
    logPruningTolerance: -10,
  },
  {
    id: 'packed, grouped, windowed',
    dims: dims(1, 200, 200, [4, 2]),
    gate: WEAK,
    norm: 1,
    cuSeqlens: [0, 90, 90, 91, 190],
    windowSize: 77,
    blocks: { blockM: 32, blockN: 8 },
    logPruningTolerance: -6,
  },
  {
    id: 'cross lengths, padded into the queries',
    dims: dims(2, 41, 170, [2, 2]),
    gate: WEAK,
    norm: 1,
    seqStart: [3, 140],
    blocks: { blockM: 16, blockN: 32 },
    logPruningTolerance: -10,
  },
];
