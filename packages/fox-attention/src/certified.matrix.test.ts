// Certified pruning on subgroup matrices: the pairs that the tiled kernel keeps, at most ε dropped, gradients of what was kept.

import { createDevice, type Device, type DType, type Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite } from '@vulpes/tensor-core/testing';
import { tokenVisibility } from '@vulpes/wgsl-kernels';
import { runWithGrads } from '@vulpes/wgsl-kernels/testing';
import { afterAll, expect, test } from 'vitest';
import { type CertifiedCase, certifiedCases } from './certified.cases.ts';
import { certifiedInputs, certifiedOptions } from './fixtures/certified-inputs.ts';
import { toHalves } from './fixtures/half-inputs.ts';
import type { TestInputs } from './fixtures/make-inputs.ts';
import { hostTensors, uploadInputs } from './fixtures/on-device.ts';
import { forgettingAttention, forgettingAttentionWithStats } from './forgetting-attention.ts';
import {
  referenceDroppedMass,
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from './reference/index.ts';

const BOUND = 5e-3;

/** With visibility in any case, so that the cases share their pipelines. @param bound - of all logits */
function optionsOf(device: Device, theCase: CertifiedCase, inputs: TestInputs, bound?: number) {
  const { seqStart, cuSeqlens, windowSize, ...options } = certifiedOptions(device, theCase, inputs);
  const { batch, keyLen, numHeads } = theCase.dims;
  const limits = { seqStart, cuSeqlens, windowSize };
  const visibility = tokenVisibility(device, { batch, length: keyLen, ...limits });
  const bounds = new Float32Array(batch * numHeads).fill(bound ?? 0);
  const logitBound = bound === undefined ? undefined : device.tensor(bounds, [batch, numHeads]);
  return { ...options, visibility, logitBound };
}

/** First kept key of each row. */
async function firstKeysOf(
  device: Device,
  theCase: CertifiedCase,
  inputs: TestInputs,
  { dtype, bound }: { dtype: DType; bound?: number },
): Promise<Int32Array> {
  const { rowStats, kept } = device.scope(() => {
    const { q, k, v, logFgate } = uploadInputs(device, theCase.dims, inputs, dtype);
    const options = optionsOf(device, theCase, inputs, bound);
    return forgettingAttentionWithStats(q, k, v, logFgate, options);
  });
  const stats = (await rowStats.data()) as Int32Array;
  rowStats.dispose();
  kept.startIndex.dispose();
  return stats.filter((_, at) => at % 2 === 1);
}

function expectLittleDropped(theCase: CertifiedCase, inputs: TestInputs, firstKeys: Int32Array) {
  const { dims, logPruningTolerance } = theCase;
  const dense = referenceForgettingAttention(dims, inputs);
  const dropped = firstKeys.filter((first, row) => first > dense.firstKeys[row]!);
  expect(dropped.length).toBeGreaterThan(firstKeys.length / 20);
  const mass = Math.max(...referenceDroppedMass(dims, inputs, firstKeys));
  expect(mass).toBeLessThanOrEqual(Math.exp(logPruningTolerance));
}

gpuSuite(
  'certified pruning on subgroup matrices',
  (device) => {
    let tiled: Promise<Device> | undefined;
    afterAll(async () => (await tiled)?.dispose());

    test.each(certifiedCases)('$id', async (theCase) => {
      const { dims } = theCase;
      const inputs = toHalves(certifiedInputs(theCase));
      const firstKeys = await firstKeysOf(device(), theCase, inputs, { dtype: 'f16' });
      expectLittleDropped(theCase, inputs, firstKeys);
      tiled ??= createDevice({ variants: 'tiled' });
      expect(firstKeys).toEqual(await firstKeysOf(await tiled, theCase, inputs, { dtype: 'f32' }));

      const actual = await runWithGrads(
        device(),
        hostTensors(dims, inputs, 'f16'),
        ({ q, k, v, logFgate }) =>
          forgettingAttention(q as Tensor, k as Tensor, v as Tensor, logFgate as Tensor, {
            ...optionsOf(device(), theCase, inputs),
          }),
        inputs.dOut,
      );
      const kept = { ...inputs, firstKeys };
      const expected = referenceForgettingAttentionBackward(dims, kept, inputs.dOut);
      expectMatch('out', actual.y!, referenceForgettingAttention(dims, kept).out, BOUND);
      for (const name of ['dq', 'dk', 'dv'] as const) {
        expectMatch(name, actual[name]!, expected[name], BOUND);
      }
      expectMatch('dlogFgate', actual.dlogFgate!, expected.dLogFgate, BOUND);
    });

    test('scores in f16 drop no more', async () => {
      const theCase = certifiedCases[0]!;
      const inputs = toHalves(certifiedInputs(theCase));
      const firstKeys = await firstKeysOf(device(), theCase, inputs, { dtype: 'f16', bound: 15 });
      expectLittleDropped(theCase, inputs, firstKeys);
    });
  },
  ['matrix'],
);
