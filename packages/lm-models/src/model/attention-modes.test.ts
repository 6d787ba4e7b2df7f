// Laws of attention on a device, whatever the sizes, gates and limits: dense, the paper's and certified pruning agree within ε for
// every block size; open gates are no gates; a shut gate isolates what follows from what came before.

import {
  adaptiveThreshold,
  certifiedStopRule,
  findBlockRanges,
  logitUpperBoundFromNorms,
} from '@vulpes/acp-scheduler';
import { type ForgettingAttentionOptions, forgettingAttention } from '@vulpes/fox-attention';
import type { Device, Tensor } from '@vulpes/tensor-core';
import { gpuSuite, randomArray } from '@vulpes/tensor-core/testing';
import { cumulativeLogGate } from '@vulpes/wgsl-kernels';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const HEAD_DIM = 16;
const LOG_TOLERANCE = -6;
const SM_SCALE = 1 / Math.sqrt(HEAD_DIM);
/** f32 beside what ε allows. */
const ROUNDING = 1e-5;

const problems = fc.record({
  keyLen: fc.integer({ min: 1, max: 130 }),
  queryShare: fc.double({ min: 0, max: 1, noNaN: true }),
  group: fc.constantFrom(1, 2, 3),
  norm: fc.constantFrom(0.2, 1, 3),
  meanGate: fc.constantFrom(-0.01, -0.3, -3, -50),
  windowSize: fc.option(fc.integer({ min: 1, max: 140 }), { nil: undefined }),
  blockM: fc.constantFrom(8, 16, 32, 64, 128),
  blockN: fc.constantFrom(8, 16, 32, 64, 128),
  seed: fc.integer({ min: 0, max: 1e6 }),
});
type Problem = typeof problems extends fc.Arbitrary<infer P> ? P : never;

interface Inputs {
  readonly q: Tensor;
  readonly k: Tensor;
  readonly v: Tensor;
  readonly logFgate: Tensor;
}

const queryLenOf = ({ keyLen, queryShare }: Problem): number =>
  Math.max(1, Math.round(queryShare * keyLen));

/** @param change - of the log gate of a token */
function upload(
  device: Device,
  problem: Problem,
  change: (gate: number, t: number) => number = (gate) => gate,
): Inputs {
  const { keyLen, group, norm, meanGate, seed } = problem;
  const vectors = (offset: number, rows: number, heads: number, scale: number) =>
    device.tensor(
      randomArray(seed + offset, rows * heads * HEAD_DIM).map((x) => scale * x),
      [1, rows, heads, HEAD_DIM],
    );
  const gates = randomArray(seed + 3, keyLen * group).map((x, at) =>
    change(meanGate * Math.abs(x), Math.floor(at / group)),
  );
  return {
    q: vectors(0, queryLenOf(problem), group, norm),
    k: vectors(1, keyLen, 1, norm),
    v: vectors(2, keyLen, 1, 1),
    logFgate: device.tensor(gates, [1, keyLen, group]),
  };
}

gpuSuite(
  'attention, as a law',
  (device) => {
    const attend = async (
      make: () => Inputs,
      options: (inputs: Inputs) => ForgettingAttentionOptions,
      hasGate = true,
    ) => {
      const out = device().scope(() => {
        const inputs = make();
        const { q, k, v, logFgate } = inputs;
        return forgettingAttention(q, k, v, hasGate ? logFgate : null, options(inputs));
      });
      const values = (await out.data()) as Float32Array;
      out.dispose();
      return values;
    };
    const farthest = (a: Float32Array, b: Float32Array) =>
      a.reduce((max, x, at) => Math.max(max, Math.abs(x - b[at]!)), 0);

    test('pruned is dense within 2 ε max‖v‖, by either rule and any block size', async () => {
      await fc.assert(
        fc.asyncProperty(problems, async (problem) => {
          const { keyLen, blockM, blockN, windowSize, seed } = problem;
          const blocks = { blockM, blockN };
          const make = () => upload(device(), problem);
          const dense = await attend(make, () => ({ windowSize }));
          const paper = await attend(make, ({ q, k, logFgate }) => {
            const logLambda = cumulativeLogGate(logFgate);
            const threshold = adaptiveThreshold({
              logitUpperBound: logitUpperBoundFromNorms(q, k, { smScale: SM_SCALE }),
              seqLen: keyLen,
              logPruningTolerance: LOG_TOLERANCE,
            });
            const queryLen = queryLenOf(problem);
            return {
              logLambda,
              ranges: findBlockRanges(logLambda, threshold, { queryLen, blocks }),
            };
          });
          const whole = windowSize === undefined ? dense : await attend(make, () => ({}));
          const certified = await attend(make, ({ k, logFgate }) => {
            const logLambda = cumulativeLogGate(logFgate);
            const rule = { logPruningTolerance: LOG_TOLERANCE, blocks };
            return { windowSize, stopRule: certifiedStopRule(k, logLambda, rule) };
          });
          const rows = randomArray(seed + 2, keyLen * HEAD_DIM);
          const largest = Math.max(
            ...Array.from({ length: keyLen }, (_, t) =>
              Math.hypot(...rows.subarray(t * HEAD_DIM, (t + 1) * HEAD_DIM)),
            ),
          );
          const allowed = 2 * Math.exp(LOG_TOLERANCE) * largest + ROUNDING;
          expect(farthest(paper, whole)).toBeLessThanOrEqual(allowed);
          expect(farthest(certified, dense)).toBeLessThanOrEqual(allowed);
        }),
        { numRuns: 40, seed: 7 },
      );
    });

    test('gates of 0 nats are no gates, a gate of −1000 cuts the text in two', async () => {
      await fc.assert(
        fc.asyncProperty(problems, fc.nat(), async (problem, place) => {
          const { keyLen, windowSize } = problem;
          const open = () => upload(device(), problem, () => 0);
          const options = () => ({ windowSize });
          expect(await attend(open, options)).toEqual(await attend(open, options, false));
          const cut = place % keyLen;
          const shut = () => upload(device(), problem, (gate, t) => (t === cut ? -1000 : gate));
          const documents = device().tensor(Int32Array.of(0, cut, keyLen), [3]);
          const packed = () => ({ windowSize, cuSeqlens: documents });
          const isolated = await attend(shut, options);
          expect(farthest(isolated, await attend(shut, packed))).toBeLessThanOrEqual(ROUNDING);
          documents.dispose();
        }),
        { numRuns: 25, seed: 11 },
      );
    });
  },
  ['tiled', 'scalar'],
);
