// Queries and keys in f16: the same bounds, bit for bit, as the same values give in f32.

import type { Tensor } from '@vulpes/tensor-core';
import { gpuSuite, randomArray } from '@vulpes/tensor-core/testing';
import { cast, cumulativeLogGate } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import { certifiedStopRule } from './certified/certified-stop-rule.ts';
import { logitUpperBoundFromNorms } from './thresholds/logit-upper-bound.ts';

const [BATCH, LENGTH, HEADS, KEY_HEADS, HEAD_DIM] = [2, 77, 4, 2, 20];

gpuSuite(
  'bounds of f16 tensors',
  (device) => {
    /** The same values twice, f16 and f32. */
    function makePair(seed: number, heads: number): readonly [Tensor, Tensor] {
      const shape = [BATCH, LENGTH, heads, HEAD_DIM];
      const data = randomArray(seed, BATCH * LENGTH * heads * HEAD_DIM, { scale: 3 });
      const half = device().tensor(data, shape, { dtype: 'f16' });
      return [half, cast(half, 'f32')];
    }

    test('the logit bound from norms', async () => {
      const [q, k] = [makePair(1, HEADS), makePair(2, KEY_HEADS)];
      const bounds = ([0, 1] as const).map((at) =>
        logitUpperBoundFromNorms(q[at], k[at], { smScale: 0.25 }),
      );
      const [half, single] = await device().read(bounds);
      expect(half).toEqual(single);
      expect(Math.min(...(half as Float32Array))).toBeGreaterThan(1);
    });

    test('the block bounds of the certified rule', async () => {
      const k = makePair(3, KEY_HEADS);
      const gates = randomArray(4, BATCH * LENGTH * HEADS).map((x) => -Math.abs(x));
      const logLambda = cumulativeLogGate(device().tensor(gates, [BATCH, LENGTH, HEADS]));
      const options = { logPruningTolerance: -10, blocks: { blockM: 16, blockN: 16 } };
      const rules = k.map((keys) => certifiedStopRule(keys, logLambda, options).blockBounds);
      const [half, single] = await device().read(rules);
      expect(half).toEqual(single);
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
