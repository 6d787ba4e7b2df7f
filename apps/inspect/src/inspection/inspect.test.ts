// Inspecting a small model: its numbers against the model's own and the references of the rules.

import {
  referenceAdaptiveThreshold,
  referenceBlockRanges,
  referencePruningCounts,
} from '@vulpes/acp-scheduler/reference';
import { createModel, foxPreset } from '@vulpes/lm-models';
import type { Device } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';

import {
  computeAttentionRow,
  sumBefore,
  toMaxPerStretch,
  toWeightWithin,
} from './attention-rows.ts';
import {
  computeMeanHalfLife,
  createDecayMap,
  MAX_HALF_LIFE,
  quantilesAt,
  spreadPositions,
  toHalfLife,
  toHalfLives,
} from './half-life.ts';
import { inspectModel } from './inspect-model.ts';

const SEQ_LEN = 111;
const TOLERANCE = -3;
const OPTIONS = { logPruningTolerance: TOLERANCE, rows: 4 };
const ids = Int32Array.from({ length: SEQ_LEN }, (_, t) => (t * t + 5 * t) % 32);
const small = { hiddenSize: 32, numHeads: 2, intermediateSize: 16, vocabSize: 32 };
const config = foxPreset('pro-nano', { ...small, numKvHeads: 1 });

gpuSuite('inspectModel', (device) => {
  test('reports what the model computes, head by head', async () => {
    const { inspection, loss } = await inspectAndRun(device());
    const { layers, blocks, positions } = inspection;
    expect(layers.map(({ layer, heads }) => [layer, heads.length])).toEqual([[1, 2]]);
    expectMatch('lossPerToken', inspection.lossPerToken, loss.subarray(0, SEQ_LEN - 1), 1e-5);
    for (const { logFgate, logLambda, paper, certified, attention, reach } of layers[0]!.heads) {
      // The first gate acts on nothing; it is in λ, and falls out of every difference.
      const cumulative = new Float64Array(SEQ_LEN);
      for (let t = 1; t < SEQ_LEN; t++) cumulative[t] = cumulative[t - 1]! + logFgate[t]!;
      const fromFirst = logLambda.map((value) => value - logLambda[0]!);
      expectMatch('logLambda', fromFirst, cumulative, 1e-6);

      // Unit QK-norm weights: U = sqrt(D).
      const threshold = [referenceAdaptiveThreshold(Math.sqrt(16), SEQ_LEN, TOLERANCE)];
      const dims = { batch: 1, numHeads: 1, queryLen: SEQ_LEN, keyLen: SEQ_LEN, blocks };
      const { startIndex } = referenceBlockRanges(logLambda, threshold, dims);
      expect(paper.startIndex).toEqual(startIndex);
      const counts = referencePruningCounts(startIndex, undefined, dims);
      expect([paper.keptBlocks, paper.visibleBlocks]).toEqual([...counts]);

      expect(certified.visibleBlocks).toBe(paper.visibleBlocks);
      expect(certified.keptBlocks).toBeLessThan(paper.keptBlocks);
      expect(certified.droppedMass).toBeGreaterThan(paper.droppedMass);
      expect(certified.droppedMass).toBeLessThanOrEqual(Math.exp(TOLERANCE));
      // The first row has one key to look at.
      expect(attention.subarray(0, positions.length).some((weight) => weight > 0)).toBe(true);
      expect(Math.max(...attention)).toBeLessThanOrEqual(1);
      expect(reach.at(-1)).toBeCloseTo(1, 12);
    }
  });

  test('frees what it took, and reports progress', async () => {
    const model = createModel(config, device());
    const params = model.init(1);
    await inspectModel(model, params, ids, OPTIONS);
    const before = device().memory.liveTensors;
    const reported: string[] = [];
    const onProgress = (done: number, total: number) => reported.push(`${done}/${total}`);
    await inspectModel(model, params, ids, { ...OPTIONS, onProgress });
    expect(device().memory.liveTensors).toBe(before);
    expect(reported).toEqual(['0/2', '1/2', '2/2']);
  });
});

async function inspectAndRun(device: Device) {
  const model = createModel(config, device);
  const params = model.init(7);
  const inspection = await inspectModel(model, params, ids, {
    layers: [1],
    logPruningTolerance: TOLERANCE,
    rows: 40,
  });
  const dense = createModel({ ...config, logPruningTolerance: null }, device);
  const labels = ids.map((_, t) => ids[t + 1] ?? -100);
  const { aux } = dense.loss(params, {
    inputIds: device.tensor(ids, [1, SEQ_LEN]),
    labels: device.tensor(labels, [1, SEQ_LEN]),
  });
  return { inspection, loss: (await aux.lossPerToken.data()) as Float32Array };
}

describe('rows of attention', () => {
  const inputs = {
    q: () => 2,
    k: (t: number) => t,
    headDim: 1,
    smScale: 0.5,
    logLambda: Float64Array.of(0, -1, -3),
    firstKey: () => 1,
    positions: Int32Array.of(2),
  };

  test('are softmax with decay, over the keys that may be seen', () => {
    // Logits of keys 1 and 2: 1 + (−3 + 1) and 2 + 0.
    const [none, first, second] = computeAttentionRow(inputs, 0);
    expect(none).toBe(0);
    expect(first).toBeCloseTo(1 / (1 + Math.exp(3)), 12);
    expect(second).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
  });

  test('lose what lies before a start, and are mapped by their largest weight', () => {
    const weights = Float64Array.of(0.1, 0.2, 0.3, 0.4);
    expect(sumBefore(weights, 2)).toBeCloseTo(0.3, 12);
    expect(sumBefore(weights, 9)).toBeCloseTo(1, 12);
    expect([...toWeightWithin(weights, 4)].map((share) => share.toFixed(6))).toEqual([
      '0.400000',
      '0.700000',
      '1.000000',
      '1.000000',
    ]);
    expect([...toMaxPerStretch(weights, Int32Array.of(1, 3, 5))]).toEqual([
      Math.fround(0.2),
      Math.fround(0.4),
      0,
    ]);
  });
});

test('half-lives', () => {
  expect(toHalfLife(Math.log(0.5))).toBeCloseTo(1, 12);
  expect(toHalfLife(0)).toBe(MAX_HALF_LIFE);
  const gates = Float32Array.of(-99, -Math.LN2, -Math.LN2 / 3);
  expect(toHalfLives(gates)[1]).toBeCloseTo(3, 5);
  expect(computeMeanHalfLife(gates)).toBeCloseTo(1.5, 5);
  expect(quantilesAt(Float64Array.of(5, 1, 4, 2, 3), [0, 0.5, 0.9])).toEqual([1, 3, 5]);
});

test('maps hold decay at spread positions', () => {
  expect([...spreadPositions(10, 4)]).toEqual([2, 4, 7, 9]);
  expect([...spreadPositions(3, 96)]).toEqual([0, 1, 2]);
  const map = createDecayMap(Float64Array.of(0, -1, -3), Int32Array.of(0, 2));
  expect([...map]).toEqual([0, 0, -3, 0]);
});
