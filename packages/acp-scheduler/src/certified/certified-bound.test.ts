import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { referenceBlockRanges } from '../find-index/find-index.reference.ts';
import {
  referenceAdaptiveThreshold,
  referenceLogitBoundFromNorms,
} from '../thresholds/thresholds.reference.ts';
import { firstSeen } from './block-bounds.reference.ts';
import { type CertifiedCase, certifiedCase } from './certified-cases.fixture.ts';
import { referenceCertifiedStart } from './certified-start.reference.ts';
import { referenceLargestDroppedMass } from './dropped-mass.reference.ts';

const CASES = 10_000;

/** The paper's start of each query block, with U from the norms of this very case. */
function paperStart({ dims, inputs }: CertifiedCase): Int32Array {
  const { q, k, smScale, logPruningTolerance } = inputs;
  const bounds = referenceLogitBoundFromNorms(q, k, { ...dims, smScale });
  const threshold = bounds.map((bound) =>
    referenceAdaptiveThreshold(bound, dims.keyLen, logPruningTolerance),
  );
  return referenceBlockRanges(inputs.logLambda, threshold, dims).startIndex;
}

const withTolerance = ({ dims, inputs }: CertifiedCase, logPruningTolerance: number) => ({
  dims,
  inputs: { ...inputs, logPruningTolerance },
});

const certified = ({ inputs, dims }: CertifiedCase) => referenceCertifiedStart(inputs, dims);

describe('certified pruning in f64', () => {
  test(`${CASES} random and adversarial cases: mass ≤ ε, never more blocks than the paper, monotone in ε`, () => {
    let [pruning, beyondPaper, closest] = [0, 0, 0];
    for (let seed = 0; seed < CASES; seed++) {
      const example = certifiedCase(seed);
      const { dims, inputs } = example;
      const start = certified(example);
      const mass = referenceLargestDroppedMass(inputs, start, dims);
      const tolerance = Math.exp(inputs.logPruningTolerance);
      if (!(mass <= tolerance * (1 + 1e-9)))
        expect.fail(`case ${seed}: dropped ${mass} > ε = ${tolerance}`);

      const paper = paperStart(example);
      if (start.some((key, m) => key < paper[m]!))
        expect.fail(`case ${seed}: keeps ${start}, the paper ${paper}`);
      const wider = certified(withTolerance(example, inputs.logPruningTolerance / 2));
      if (wider.some((later, m) => later < start[m]!))
        expect.fail(`case ${seed}: a larger ε keeps more`);
      if (mass > 0) pruning++;
      if (mass > 0 && start.some((key, m) => key > paper[m]!)) beyondPaper++;
      closest = Math.max(closest, mass / tolerance);
    }
    // The cases are worth something: many prune, many prune beyond the paper, and some come close to ε.
    expect(pruning).toBeGreaterThan(CASES / 10);
    expect(beyondPaper).toBeGreaterThan(CASES / 10);
    expect(closest).toBeGreaterThan(0.99);
  });

  const size = fc.constantFrom(8, 16, 32, 64);

  test('finer blocks of either kind drop at least as much', () => {
    fc.assert(
      fc.property(fc.nat(1e6), size, size, (seed, blockM, blockN) => {
        const example = certifiedCase(seed);
        const coarse = firstKept(example, { blockM, blockN });
        for (const finer of [
          { blockM, blockN: 8 },
          { blockM: 8, blockN },
        ]) {
          firstKept(example, finer).forEach((first, row) => {
            expect(first).toBeGreaterThanOrEqual(coarse[row]!);
          });
        }
      }),
      { seed: 42, numRuns: 300 },
    );
  });

  test('gates of 1 and equal keys keep every key, gates of e^−1000 only the blocks on the diagonal', () => {
    fc.assert(
      fc.property(fc.nat(1e6), size, size, (seed, blockM, blockN) => {
        const { dims, inputs } = withTolerance(certifiedCase(seed), -10);
        const { keyLen, queryLen, numHeads } = dims;
        const plain = {
          ...inputs,
          visibility: undefined,
          k: new Float64Array(inputs.k.length).fill(1),
        };
        const open = { ...plain, logLambda: new Float64Array(numHeads * keyLen) };
        const shut = { ...plain, logLambda: open.logLambda.map((_, t) => -1000 * (t % keyLen)) };
        const blocks = { blockM, blockN };
        const perHead = Math.ceil(queryLen / blockM);
        expect(
          certified({ dims: { ...dims, blocks }, inputs: open }).every((start) => start === 0),
        ).toBe(true);
        certified({ dims: { ...dims, blocks }, inputs: shut }).forEach((start, m) => {
          const firstRow = keyLen - queryLen + (m % perHead) * blockM;
          expect(start).toBe(firstRow - (firstRow % blockN));
        });
      }),
      { seed: 42, numRuns: 100 },
    );
  });

  test('NaN in a query, a key or a gate drops nothing from the rows that it reaches', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.constantFrom('q', 'k', 'logLambda'), (seed, name) => {
        const { dims, inputs } = certifiedCase(seed);
        const spoilt = { ...inputs, [name]: Float64Array.from(inputs[name], () => Number.NaN) };
        const dense = firstKept(withTolerance({ dims, inputs }, Number.NEGATIVE_INFINITY));
        expect(firstKept({ dims, inputs: spoilt })).toEqual(dense);
      }),
      { seed: 42, numRuns: 100 },
    );
  });
});

/** First key that each row keeps, [H · M]; its position + 1 where it sees none. */
function firstKept(example: CertifiedCase, blocks = example.dims.blocks): number[] {
  const dims = { ...example.dims, blocks };
  const { queryLen, keyLen, numHeads } = dims;
  const start = referenceCertifiedStart(example.inputs, dims);
  const perHead = start.length / numHeads;
  return Array.from({ length: numHeads * queryLen }, (_, row) => {
    const position = keyLen - queryLen + (row % queryLen);
    const block =
      Math.floor(row / queryLen) * perHead + Math.floor((row % queryLen) / blocks.blockM);
    const first = Math.max(
      firstSeen(example.inputs.visibility, 0, position, keyLen),
      start[block]!,
    );
    return Math.min(first, position + 1);
  });
}
