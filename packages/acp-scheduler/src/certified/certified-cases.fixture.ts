// Test inputs: random and adversarial attention problems, small enough that thousands of them take seconds.

import { CounterRng } from '@vulpes/tensor-core';
import { hostVisibility, type VisibilityOptions } from '../visibility.fixture.ts';
import type { CertifiedDims, CertifiedInputs } from './logits.reference.ts';

export interface CertifiedCase {
  readonly dims: CertifiedDims;
  readonly inputs: CertifiedInputs;
}

const HEAD_DIM = 2;

/** Case number `seed`: sizes, visibility, gates and norms of every kind in turn. */
export function certifiedCase(seed: number): CertifiedCase {
  const rng = new CounterRng(2024, seed);
  const pick = <T>(choices: readonly T[]): T => choices[rng.below(choices.length)]!;
  const keyLen = pick([1 + rng.below(24), 24 + rng.below(73), 24 + rng.below(73), 64, 96]);
  const queryLen = pick([keyLen, 1 + rng.below(keyLen)]);
  const [numHeads, numKvHeads] = pick([
    [1, 1],
    [1, 1],
    [2, 1],
  ] as const);
  const block = () => pick([8, 8, 8, 8, 16, 16, 32, 64, 128]);
  const dims: CertifiedDims = {
    batch: 1,
    numHeads,
    numKvHeads,
    headDim: HEAD_DIM,
    queryLen,
    keyLen,
    blocks: { blockM: block(), blockN: block() },
  };
  const visibility = hostVisibility(
    keyLen,
    pick([noVisibility, noVisibility, padding, packing, sliding, everything])(rng, keyLen),
  );
  const logPruningTolerance = pick([-20, -10, -10, -5, -2, -0.5, -0.01]);
  const smScale = pick([0.5, 0.5, 0.5, 2]);
  const logLambda = new Float64Array(numHeads * keyLen);
  for (let h = 0; h < numHeads; h++)
    logLambda.set(cumulate(pick(GATES)(rng, keyLen), visibility), h * keyLen);
  const vectors = pick([random, spiky, aligned, aligned, constant])(rng, dims);
  return { dims, inputs: { ...vectors, logLambda, visibility, smScale, logPruningTolerance } };
}

/** A gate at t acts on no pair where t is the first that it sees. */
function cumulate(gates: Float64Array, visibility: Int32Array): Float64Array {
  let sum = 0;
  return gates.map((gate, t) => (sum += visibility[2 * t]! >= t ? 0 : gate));
}

type MakeVisibility = (rng: CounterRng, keyLen: number) => VisibilityOptions;

const noVisibility: MakeVisibility = () => ({});
const padding: MakeVisibility = (rng, keyLen) => ({ seqStart: [rng.below(keyLen + 1)] });
const sliding: MakeVisibility = (rng, keyLen) => ({ windowSize: 1 + rng.below(keyLen) });
const packing: MakeVisibility = (rng, keyLen) => ({
  cuSeqlens: Array.from({ length: 4 }, () => rng.below(keyLen + 1)).sort((a, b) => a - b),
});
const everything: MakeVisibility = (rng, keyLen) => ({
  ...padding(rng, keyLen),
  ...packing(rng, keyLen),
  ...sliding(rng, keyLen),
});

type MakeGates = (rng: CounterRng, keyLen: number) => Float64Array;

const each =
  (draw: (rng: CounterRng) => number): MakeGates =>
  (rng, keyLen) =>
    new Float64Array(keyLen).map(() => draw(rng));

/** Log gates of a head, ≤ 0. */
const GATES: readonly MakeGates[] = [
  each(() => 0),
  each((rng) => -1e-7 * rng.uniform()),
  each((rng) => -0.5 * rng.uniform()),
  each((rng) => -0.1 * rng.uniform()),
  each((rng) => -2 * rng.uniform()),
  each((rng) => -Math.log1p(Math.exp(-3 - 2 * rng.normal()))),
  each((rng) => -1000 + 10 * rng.uniform()),
  each((rng) => (rng.uniform() < 0.05 ? -1000 : 0)),
  each((rng) => (rng.uniform() < 0.05 ? -30 * rng.uniform() : -1e-3 * rng.uniform())),
  // One gate of a size that bounds may meet closely; all others are open.
  (rng, keyLen) => {
    const cliff = rng.below(keyLen);
    const size = 40 * rng.uniform();
    return new Float64Array(keyLen).map((_, t) => (t === cliff ? -size : 0));
  },
];

type MakeVectors = (rng: CounterRng, dims: CertifiedDims) => { q: Float64Array; k: Float64Array };

function vectors(dims: CertifiedDims, draw: (name: 'q' | 'k', t: number, d: number) => number) {
  const { numHeads, numKvHeads, queryLen, keyLen } = dims;
  const fill = (name: 'q' | 'k', rows: number, heads: number) =>
    new Float64Array(rows * heads * HEAD_DIM).map((_, at) =>
      draw(name, Math.floor(at / (heads * HEAD_DIM)), at % HEAD_DIM),
    );
  return { q: fill('q', queryLen, numHeads), k: fill('k', keyLen, numKvHeads) };
}

const random: MakeVectors = (rng, dims) => {
  const scale = [0.1, 0.3, 1, 3, 10][rng.below(5)]!;
  return vectors(dims, () => scale * rng.normal());
};

/** A few rows are much longer than the rest. */
const spiky: MakeVectors = (rng, dims) => {
  let scale = 1;
  return vectors(dims, (_, __, d) => {
    if (d === 0) scale = rng.uniform() < 0.05 ? 8 : 0.5;
    return scale * rng.normal();
  });
};

/** As bad as the bound allows: the longest product with every early key, the most negative with the late ones. */
const aligned: MakeVectors = (rng, dims) => {
  const norm = [0.2, 0.5, 1, 2, 4][rng.below(5)]!;
  const turn = rng.below(dims.keyLen + 1);
  return vectors(dims, (name, t, d) => {
    if (d > 0) return 0;
    return name === 'k' && t >= turn ? -norm : norm;
  });
};

const constant: MakeVectors = (rng, dims) => {
  const value = 2 * rng.normal();
  return vectors(dims, () => value);
};
