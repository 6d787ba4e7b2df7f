// Where attention stops under a stop rule: at the very edge where the rule's f64 reference stops, row by row. The two packages meet here.

import { certifiedStopRule } from '@vulpes/acp-scheduler';
import {
  type CertifiedDims,
  referenceCertifiedStart,
  referenceLargestDroppedMass,
} from '@vulpes/acp-scheduler/reference';
import { forgettingAttentionWithStats } from '@vulpes/fox-attention';
import { CounterRng, type Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { cumulativeLogGate, tokenVisibility } from '@vulpes/wgsl-kernels';
import { referenceTokenVisibility } from '@vulpes/wgsl-kernels/reference';
import { expect, test } from 'vitest';

const HEAD_DIM = 16;
/** Rows and keys of one step of the walk: where the test of the rule falls. */
const STEP = { tiled: { rows: 32, keys: 32 }, scalar: { rows: 4, keys: 8 } };
/** Nats by which rounding margins may delay a stop: 1e-5 of logits up to some hundred, and 3e-5 in S. */
const MARGIN = 0.01;

interface WalkCase {
  readonly id: string;
  readonly queryLen: number;
  readonly keyLen: number;
  readonly numHeads: number;
  readonly numKvHeads: number;
  readonly blockN: number;
  readonly logPruningTolerance: number;
  readonly smScale: number;
  readonly limits: { readonly seqStart?: number[]; readonly windowSize?: number };
  readonly cuSeqlens?: number[];
  readonly q: Float32Array<ArrayBuffer>;
  readonly k: Float32Array<ArrayBuffer>;
  readonly logFgate: Float32Array<ArrayBuffer>;
}

/** Gates of a head, ≤ 0: many open ones, so that S matters; cliffs; forgetful ones. */
const GATES: readonly ((rng: CounterRng) => number)[] = [
  (rng) => -0.05 * rng.uniform(),
  (rng) => (rng.uniform() < 0.04 ? -12 * rng.uniform() : -1e-4),
  (rng) => -0.6 * rng.uniform(),
  (rng) => (rng.uniform() < 0.03 ? -1000 : -0.02 * rng.uniform()),
];
const NORMS = [0.05, 0.4, 1, 2];
const TOLERANCES = [-10, -4, -1, -0.3];
const BLOCKS = [8, 16, 32, 64];

/** Problem number `seed`: sizes, limits, gates and norms of every kind in turn. */
function walkCase(seed: number): WalkCase {
  const rng = new CounterRng(77, seed);
  const pick = <T>(choices: readonly T[]): T => choices[rng.below(choices.length)] as T;
  const keyLen = 70 + rng.below(90);
  const queryLen = pick([keyLen, keyLen, 1 + rng.below(keyLen)]);
  const [numHeads, numKvHeads] = pick([
    [1, 1],
    [2, 1],
    [4, 2],
  ] as const);
  const limits = pick([
    {},
    {},
    { windowSize: 1 + rng.below(keyLen) },
    { seqStart: [rng.below(keyLen)] },
  ]);
  const isPacked = rng.below(4) === 0;
  const cuts = [rng.below(keyLen), rng.below(keyLen)].sort((a, b) => a - b);
  const cuSeqlens = isPacked ? { cuSeqlens: [0, ...cuts, keyLen] } : {};
  const norm = pick(NORMS);
  const isAligned = rng.below(2) === 0;
  // Early keys point at the queries, late ones away from them: the bound is met closely; or at them, too, and longer: rows stop soon.
  const late = pick([-1, -1, 4]);
  const vectors = (rows: number, heads: number, turn: number) =>
    Float32Array.from({ length: rows * heads * HEAD_DIM }, (_, at) => {
      const isLate = Math.floor(at / (heads * HEAD_DIM)) >= turn;
      return norm * (isLate ? late : 1) * (isAligned ? 1 : rng.normal());
    });
  const gate = pick(GATES);
  return {
    id: String(seed),
    queryLen,
    keyLen,
    numHeads,
    numKvHeads,
    blockN: pick(BLOCKS),
    logPruningTolerance: pick(TOLERANCES),
    smScale: pick([0.25, 0.25, 0.25, -0.25]),
    limits,
    ...cuSeqlens,
    q: vectors(queryLen, numHeads, queryLen),
    k: vectors(keyLen, numKvHeads, rng.below(keyLen)),
    logFgate: Float32Array.from({ length: keyLen * numHeads }, () => gate(rng)),
  };
}

/** Six directions in turn, most slacks near 0. */
const SLACKS = Array.from({ length: 90 }, (_, n) => ((Math.floor(n / 6) - 7) / 7) ** 3);

/**
 * 32 short keys along q, then a shut gate, then 32 long keys across q: the logits that a row has seen are what rounding leaves of
 * large products. The gate is where the first keys weigh ε e^−slack.
 */
function cliffCase(
  qNorm: number,
  kNorm: number,
  { slack, seed }: { slack: number; seed: number },
): WalkCase {
  const rng = new CounterRng(31, seed);
  const [keyLen, smScale] = [64, 0.25];
  const direction = () => Array.from({ length: HEAD_DIM }, () => rng.normal());
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, x, d) => sum + x * b[d]!, 0);
  const scaled = (x: readonly number[], norm: number) => {
    const factor = norm / Math.sqrt(dot(x, x));
    return Float32Array.from(x, (value) => value * factor);
  };
  const query = scaled(direction(), qNorm);
  const raw = direction();
  const along = dot(raw, query) / dot(query, query);
  const across = scaled(
    raw.map((x, d) => x - along * query[d]!),
    kNorm,
  );
  const near = scaled([...query], 1 / (smScale * qNorm));
  const rows = (row: (t: number) => Float32Array) =>
    Float32Array.from({ length: keyLen * HEAD_DIM }, (_, at) => {
      return row(Math.floor(at / HEAD_DIM))[at % HEAD_DIM]!;
    });
  const cliff = 10 + 1 + Math.log(32) - smScale * dot(query, across) + slack;
  return {
    id: `cliff ${slack}`,
    queryLen: keyLen,
    keyLen,
    numHeads: 1,
    numKvHeads: 1,
    blockN: 32,
    logPruningTolerance: -10,
    smScale,
    limits: {},
    q: rows(() => query),
    k: rows((t) => (t < 32 ? near : across)),
    logFgate: Float32Array.from({ length: keyLen }, (_, t) => (t === 32 ? -Math.max(0, cliff) : 0)),
  };
}

const cases = Array.from({ length: 80 }, (_, seed) => walkCase(seed));

/** First keys [H, M] as the rows of the f64 walk keep them, at a tolerance. */
function firstKeysOfTwin(
  theCase: WalkCase,
  { rows, keys }: { rows: number; keys: number },
  logPruningTolerance: number,
): Int32Array {
  const { queryLen, keyLen, numHeads, numKvHeads, limits, cuSeqlens, q, k, logFgate } = theCase;
  const visibility = referenceTokenVisibility(
    { batch: 1, length: keyLen },
    { ...limits, ...(cuSeqlens && { cuSeqlens }) },
  );
  const logLambda = new Float64Array(numHeads * keyLen);
  for (let h = 0; h < numHeads; h++) {
    let sum = 0;
    for (let t = 0; t < keyLen; t++) {
      if (visibility[2 * t]! < t) sum += logFgate[t * numHeads + h]!;
      logLambda[h * keyLen + t] = sum;
    }
  }
  const dims: CertifiedDims = {
    batch: 1,
    numHeads,
    numKvHeads,
    headDim: HEAD_DIM,
    queryLen,
    keyLen,
    blocks: { blockM: rows, blockN: Math.max(keys, theCase.blockN) },
  };
  const { smScale } = theCase;
  const inputs = { q, k, logLambda, visibility, smScale, logPruningTolerance };
  const starts = referenceCertifiedStart(inputs, dims);
  const tiles = Math.ceil(queryLen / rows);
  return Int32Array.from({ length: numHeads * queryLen }, (_, at) => {
    const [h, i] = [Math.floor(at / queryLen), at % queryLen];
    const position = keyLen - queryLen + i;
    const start = starts[h * tiles + Math.floor(i / rows)]!;
    return Math.min(Math.max(start, visibility[2 * position]!), position + 1);
  });
}

async function firstKeysOnDevice(device: Device, theCase: WalkCase): Promise<Int32Array> {
  const { queryLen, keyLen, numHeads, numKvHeads, blockN, logPruningTolerance } = theCase;
  const { seqStart, windowSize } = theCase.limits;
  const ints = (values: readonly number[]) =>
    device.tensor(Int32Array.from(values), [values.length]);
  const rowStats = device.scope(() => {
    const visibility = tokenVisibility(device, {
      batch: 1,
      length: keyLen,
      ...(windowSize !== undefined && { windowSize }),
      ...(seqStart && { seqStart: ints(seqStart) }),
      ...(theCase.cuSeqlens && { cuSeqlens: ints(theCase.cuSeqlens) }),
    });
    const q = device.tensor(theCase.q, [1, queryLen, numHeads, HEAD_DIM]);
    const k = device.tensor(theCase.k, [1, keyLen, numKvHeads, HEAD_DIM]);
    const logFgate = device.tensor(theCase.logFgate, [1, keyLen, numHeads]);
    const logLambda = cumulativeLogGate(logFgate, { visibility });
    const blocks = { blockM: 32, blockN };
    const stopRule = certifiedStopRule(k, logLambda, { logPruningTolerance, blocks, visibility });
    const options = { smScale: theCase.smScale, visibility, logLambda, stopRule };
    return forgettingAttentionWithStats(q, k, k, logFgate, options).rowStats;
  });
  const stats = (await rowStats.data()) as Int32Array;
  rowStats.dispose();
  return stats.filter((_, at) => at % 2 === 1);
}

gpuSuite(
  'the certified walk',
  (device, variant) => {
    test('rows stop where the f64 reference stops, and no later than its margins allow', async () => {
      const step = STEP[variant as keyof typeof STEP];
      let stops = 0;
      for (const theCase of cases) {
        const actual = await firstKeysOnDevice(device(), theCase);
        const { id, logPruningTolerance: logEpsilon } = theCase;
        const latest = firstKeysOfTwin(theCase, step, logEpsilon);
        const earliest = firstKeysOfTwin(theCase, step, logEpsilon - MARGIN);
        const row = actual.findIndex((first, at) => first > latest[at]! || first < earliest[at]!);
        const told = `case ${id}, row ${row}: ${actual[row]} not in ${earliest[row]} … ${latest[row]}`;
        expect(row, told).toBe(-1);
        stops += new Set(latest).size;
      }
      expect(stops).toBeGreaterThan(200);
    });

    test.each([
      [1, 10],
      [30, 3e3],
      [100, 1e5],
      [100, 1e6],
    ])(
      'large norms: ‖q‖ %d, visited ‖k‖ %d, and a cliff that the bound meets',
      async (qNorm, kNorm) => {
        let dropped = 0;
        for (const [n, slack] of SLACKS.entries()) {
          const theCase = cliffCase(qNorm, kNorm, { slack, seed: n % 6 });
          const firstKeys = await firstKeysOnDevice(device(), theCase);
          const { q, k, smScale, logFgate, keyLen } = theCase;
          let sum = 0;
          const logLambda = Float64Array.from(logFgate, (gate) => (sum += gate));
          const dims = {
            batch: 1,
            numHeads: 1,
            numKvHeads: 1,
            headDim: HEAD_DIM,
            queryLen: keyLen,
            keyLen,
          };
          const mass = referenceLargestDroppedMass({ q, k, logLambda, smScale }, firstKeys, {
            ...dims,
            blocks: { blockM: 1, blockN: 32 },
          });
          expect(mass, `slack ${slack}`).toBeLessThanOrEqual(Math.exp(-10));
          dropped += firstKeys.filter((first) => first > 0).length;
        }
        if (qNorm * kNorm < 1e5) expect(dropped).toBeGreaterThan(0);
      },
    );
  },
  ['tiled', 'scalar'],
);
