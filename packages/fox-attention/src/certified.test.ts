// Certified pruning on the device: no row loses more than ε of its weight, and the gradients are those of what was kept.

import type { Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { runWithGrads } from '@vulpes/wgsl-kernels/testing';
import { expect, test } from 'vitest';
import { type CertifiedCase, certifiedCases } from './certified.cases.ts';
import { certifiedInputs, certifiedOptions } from './fixtures/certified-inputs.ts';
import type { TestInputs } from './fixtures/make-inputs.ts';
import { hostTensors, uploadInputs } from './fixtures/on-device.ts';
import { forgettingAttention, forgettingAttentionWithStats } from './forgetting-attention.ts';
import {
  referenceDroppedMass,
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from './reference/index.ts';

const FORWARD_BOUND = 2e-6;
const GRADIENT_BOUND = 1e-5;

gpuSuite(
  'certified pruning',
  (device) => {
    /** First kept key per row and first kept block per query block. */
    async function keptOnDevice(theCase: CertifiedCase, inputs: TestInputs) {
      const { rowStats, kept } = device().scope(() => {
        const { q, k, v, logFgate } = uploadInputs(device(), theCase.dims, inputs);
        return forgettingAttentionWithStats(
          q,
          k,
          v,
          logFgate,
          certifiedOptions(device(), theCase, inputs),
        );
      });
      const stats = (await rowStats.data()) as Int32Array;
      const startIndex = (await kept.startIndex.data()) as Int32Array;
      rowStats.dispose();
      kept.startIndex.dispose();
      return { firstKeys: stats.filter((_, at) => at % 2 === 1), startIndex };
    }

    test.each(certifiedCases)('$id', async (theCase) => {
      const { dims, blocks, logPruningTolerance } = theCase;
      const inputs = certifiedInputs(theCase);
      const { firstKeys, startIndex } = await keptOnDevice(theCase, inputs);
      const dense = referenceForgettingAttention(dims, inputs);
      const dropped = firstKeys.filter((first, row) => first > dense.firstKeys[row]!);
      expect(dropped.length).toBeGreaterThan(firstKeys.length / 20);
      expect(dropped.every((first) => first % blocks.blockN === 0)).toBe(true);
      const epsilon = Math.exp(logPruningTolerance);
      expect(Math.max(...referenceDroppedMass(dims, inputs, firstKeys))).toBeLessThanOrEqual(
        epsilon,
      );
      expectBlocksHold(theCase, firstKeys, startIndex);

      const actual = await underTwoFills(device(), () =>
        runWithGrads(
          device(),
          hostTensors(dims, inputs),
          ({ q, k, v, logFgate }) =>
            forgettingAttention(q as Tensor, k as Tensor, v as Tensor, logFgate as Tensor, {
              ...certifiedOptions(device(), theCase, inputs),
            }),
          inputs.dOut,
        ),
      );
      const kept = { ...inputs, firstKeys };
      const expected = referenceForgettingAttentionBackward(dims, kept, inputs.dOut);
      expectMatch('out', actual.y!, referenceForgettingAttention(dims, kept).out, FORWARD_BOUND);
      for (const name of ['dq', 'dk', 'dv'] as const) {
        expectMatch(name, actual[name]!, expected[name], GRADIENT_BOUND);
      }
      expectMatch('dlogFgate', actual.dlogFgate!, expected.dLogFgate, GRADIENT_BOUND);
      const worst = actual.y!.reduce(
        (max, x, at) => Math.max(max, Math.abs(x - dense.out[at]!)),
        0,
      );
      expect(worst).toBeLessThanOrEqual(2 * epsilon * largestNorm(inputs.v, dims.headDim) + 1e-5);
    });
  },
  ['tiled', 'scalar'],
);

/** No row keeps a key before the first kept block of its query block. */
function expectBlocksHold(
  { dims, blocks }: CertifiedCase,
  firstKeys: Int32Array,
  startIndex: Int32Array,
) {
  const { queryLen } = dims;
  const queryBlocks = Math.ceil(queryLen / blocks.blockM);
  firstKeys.forEach((first, row) => {
    const block =
      Math.floor(row / queryLen) * queryBlocks + Math.floor((row % queryLen) / blocks.blockM);
    const isBlind = first > dims.keyLen - queryLen + (row % queryLen);
    if (!isBlind && first < startIndex[block]!)
      expect({ row, first, start: startIndex[block] }).toBeNull();
  });
}

function largestNorm(rows: Float32Array, size: number): number {
  let largest = 0;
  for (let at = 0; at < rows.length; at += size) {
    largest = Math.max(largest, Math.hypot(...rows.subarray(at, at + size)));
  }
  return largest;
}
