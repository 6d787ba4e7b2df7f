// Both kernel families against the f64 twin: output and every gradient, at every case.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { runWithGrads } from '@vulpes/wgsl-kernels/testing';
import { expect, test } from 'vitest';
import { type AttentionCase, attentionCases } from './attention.cases.ts';
import { makeInputs, type TestInputs } from './fixtures/make-inputs.ts';
import { forgettingAttention } from './forgetting-attention.ts';
import { naiveForgettingAttention, naiveForgettingAttentionBackward } from './naive.ts';

const FORWARD_BOUND = 1e-6;
const GRADIENT_BOUND = 2e-6;
/** Sums of column sums that cancel: 3e-6 measured where most gates are nearly shut. */
const GATE_BOUND = 5e-6;

function runOnDevice(device: Device, { dims }: AttentionCase, inputs: TestInputs) {
  const { batch, queryLen, keyLen, numHeads, headDim } = dims;
  const keyShape = [batch, keyLen, numHeads, headDim];
  const { q, k, v, logFgate } = inputs;
  const hostTensors = {
    q: { data: q, shape: [batch, queryLen, numHeads, headDim] },
    k: { data: k, shape: keyShape },
    v: { data: v, shape: keyShape },
    ...(logFgate && { logFgate: { data: logFgate, shape: [batch, keyLen, numHeads] } }),
  };
  const attend = (p: Readonly<Record<string, Tensor>>) =>
    forgettingAttention(p.q!, p.k!, p.v!, p.logFgate ?? null, {
      smScale: inputs.smScale,
      seqStart: inputs.seqStart && device.tensor(Int32Array.from(inputs.seqStart), [batch]),
      ranges: inputs.ranges && uploadRanges(device, dims, inputs.ranges),
    });
  return runWithGrads(device, hostTensors, attend, inputs.dOut);
}

function uploadRanges(
  device: Device,
  { batch, numHeads }: AttentionCase['dims'],
  { blockM, blockN, startIndex, endIndex }: NonNullable<TestInputs['ranges']>,
) {
  const upload = (index: Int32Array) =>
    device.tensor(index, [batch, numHeads, index.length / (batch * numHeads)]);
  return {
    blocks: { blockM, blockN },
    startIndex: upload(startIndex),
    endIndex: upload(endIndex),
  };
}

gpuSuite(
  'forgettingAttention',
  (device) => {
    test.each(attentionCases)('$id', async (theCase) => {
      const inputs = makeInputs(theCase);
      const actual = await underTwoFills(device(), () => runOnDevice(device(), theCase, inputs));
      const { out } = naiveForgettingAttention(theCase.dims, inputs);
      const expected = naiveForgettingAttentionBackward(theCase.dims, inputs, inputs.dOut);
      expectMatch('out', actual.y!, out, FORWARD_BOUND);
      for (const name of ['dq', 'dk', 'dv'] as const) {
        expectMatch(name, actual[name]!, expected[name], GRADIENT_BOUND);
      }
      if (!theCase.gate) return;
      expectMatch('dlogFgate', actual.dlogFgate!, expected.dLogFgate, GATE_BOUND);
      expect(actual.dlogFgate!.slice(0, theCase.dims.numHeads).every((d) => d === 0)).toBe(true);
    });
  },
  ['gpu', 'software'],
);
