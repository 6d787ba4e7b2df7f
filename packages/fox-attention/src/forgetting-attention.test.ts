// Both kernel families against the f64 twin: output and every gradient, at every case.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { cumulativeLogGate } from '@vulpes/wgsl-kernels';
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
      const firstGates = actual.dlogFgate!.subarray(0, theCase.dims.numHeads);
      expect(firstGates.every((gradient) => gradient === 0)).toBe(true);
    });

    const noGate = attentionCases.find(({ gate }) => gate === null)!;

    /** Output with every gate at one value, or without gates; logLambda given by the caller. */
    async function attend(logFgate: number | null): Promise<Float32Array> {
      const { q, k, v } = makeInputs(noGate);
      const { queryLen, numHeads, headDim } = noGate.dims;
      const out = device().scope(() => {
        const [queries, keys, values] = [q, k, v].map((data) =>
          device().tensor(data, [1, queryLen, numHeads, headDim]),
        ) as [Tensor, Tensor, Tensor];
        if (logFgate === null) return forgettingAttention(queries, keys, values, null);
        const gates = new Float32Array(queryLen * numHeads).fill(logFgate);
        const gate = device().tensor(gates, [1, queryLen, numHeads]);
        const logLambda = cumulativeLogGate(gate);
        return forgettingAttention(queries, keys, values, gate, { logLambda });
      });
      const values = (await out.data()) as Float32Array;
      out.dispose();
      return values;
    }

    test('gates of 0 nats give plain causal attention, bit for bit', async () => {
      expect(await attend(0)).toEqual(await attend(null));
    });

    test.each([-400, -1e30])('gates of %d nats leave each token its own value', async (gate) => {
      expect(await attend(gate)).toEqual(makeInputs(noGate).v);
    });
  },
  ['gpu', 'software'],
);
