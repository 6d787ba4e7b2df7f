import { CounterRng, type Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { findBlockRanges } from './find-index/find-block-ranges.ts';
import { cumulativeGates, type GateKind, toTwoPart } from './find-index/log-gates.fixture.ts';
import { logitUpperBoundFromNorms } from './thresholds/logit-upper-bound.ts';
import { adaptiveThreshold } from './thresholds/thresholds.ts';

const T = 256;
const D = 16;
const blocks = { blockM: 16, blockN: 16 };

interface Inputs {
  readonly q: Float32Array<ArrayBuffer>;
  readonly k: Float32Array<ArrayBuffer>;
  /** [T] */
  readonly logLambda: Float64Array;
  readonly smScale: number;
}

/** The largest attention mass that any row loses, by a plain f64 softmax; and the share of pairs dropped. */
async function droppedMass(device: Device, { q, k, logLambda, smScale }: Inputs, logEps: number) {
  const [qTensor, kTensor] = [device.tensor(q, [1, T, 1, D]), device.tensor(k, [1, T, 1, D])];
  const threshold = adaptiveThreshold({
    logitUpperBound: logitUpperBoundFromNorms(qTensor, kTensor, { smScale }),
    seqLen: T,
    logPruningTolerance: logEps,
  });
  const gates = device.tensor(toTwoPart(logLambda), [1, 1, T, 2]);
  const { startIndex } = findBlockRanges(gates, threshold, { queryLen: T, blocks });
  const starts = await startIndex.data();
  let [largest, dropped] = [0, 0];
  for (let i = 0; i < T; i++) {
    const logits = Array.from({ length: i + 1 }, (_, j) => {
      let dot = 0;
      for (let d = 0; d < D; d++) dot += (q[i * D + d] as number) * (k[j * D + d] as number);
      return smScale * dot + (logLambda[i] as number) - (logLambda[j] as number);
    });
    const pivot = Math.max(...logits);
    const weights = logits.map((logit) => Math.exp(logit - pivot));
    const start = starts[Math.floor(i / blocks.blockM)] as number;
    const sum = (part: number[]) => part.reduce((total, weight) => total + weight, 0);
    largest = Math.max(largest, sum(weights.slice(0, start)) / sum(weights));
    dropped += Math.min(start, i + 1);
  }
  return { largest, share: dropped / ((T * (T + 1)) / 2) };
}

/** q and k whose products are as bad as the bound allows: +U with every early key, −U with a row's own key. */
function worstLogits(norm: number, cliff: number): Pick<Inputs, 'q' | 'k'> {
  const [q, k] = [new Float32Array(T * D), new Float32Array(T * D)];
  for (let t = 0; t < T; t++) {
    q[t * D] = norm;
    k[t * D] = t < cliff ? norm : -norm;
  }
  return { q, k };
}

gpuSuite('pruned attention mass stays below ε', (device) => {
  const kinds: GateKind[] = ['mixed', 'open', 'shut', 'resets', 'ties'];
  test.each(kinds.flatMap((gates) => [0.3, 2, 8].map((norm) => ({ gates, norm }))))(
    'random q, k of scale $norm, gates $gates',
    async ({ gates, norm }) => {
      const rng = new CounterRng(42);
      const draw = () => Float32Array.from({ length: T * D }, () => norm * rng.normal());
      const inputs = {
        q: draw(),
        k: draw(),
        logLambda: cumulativeGates(gates, 9, 1, T),
        smScale: 0.25,
      };
      for (const logEps of [-10, -2]) {
        const { largest } = await droppedMass(device(), inputs, logEps);
        expect(largest).toBeLessThanOrEqual(Math.exp(logEps));
      }
    },
  );

  test.each([0.5, 2, 6])('the worst case at norm %d comes close to ε, not above', async (norm) => {
    const logEps = -5;
    const cliff = T - blocks.blockM;
    const bound = 0.25 * norm * norm;
    const delta = -2 * bound - Math.log(T) + logEps;
    // One gate takes D just below δ at the last block; all others are open.
    const logLambda = Float64Array.from({ length: T }, (_, t) => (t < cliff ? 0 : delta - 1e-4));
    const inputs = { ...worstLogits(norm, cliff), logLambda, smScale: 0.25 };
    const { largest, share } = await droppedMass(device(), inputs, logEps);
    expect(share).toBeGreaterThan(0);
    expect(largest).toBeLessThanOrEqual(Math.exp(logEps));
    // The row at the cliff has one key of its own, and drops 240 of T = 256 keys at the full weight.
    expect(largest).toBeGreaterThan(0.9 * Math.exp(logEps));
  });

  test('just above the threshold nothing is dropped', async () => {
    const cliff = T - blocks.blockM;
    const delta = -2 * 0.25 * 4 - Math.log(T) - 5;
    const logLambda = Float64Array.from({ length: T }, (_, t) => (t < cliff ? 0 : delta + 1e-4));
    const inputs = { ...worstLogits(2, cliff), logLambda, smScale: 0.25 };
    expect((await droppedMass(device(), inputs, -5)).share).toBe(0);
  });
});
