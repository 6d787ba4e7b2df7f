// Both variants against the f64 reference: output and every gradient, at every case.

import type { Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { cumulativeLogGate } from '@vulpes/wgsl-kernels';
import { referenceTokenVisibility } from '@vulpes/wgsl-kernels/reference';
import { runWithGrads } from '@vulpes/wgsl-kernels/testing';
import { expect, test } from 'vitest';
import { type AttentionCase, attentionCases } from './attention.cases.ts';
import { makeInputs, type TestInputs } from './fixtures/make-inputs.ts';
import { hostTensors, uploadInputs, uploadOptions } from './fixtures/on-device.ts';
import { forgettingAttention } from './forgetting-attention.ts';
import {
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from './reference/index.ts';

const FORWARD_BOUND = 1e-6;
const GRADIENT_BOUND = 2e-6;
/** Sums of column sums that cancel: 3e-6 measured where most gates are nearly shut. */
const GATE_BOUND = 5e-6;

/** The gradient of gate t is exactly 0 where the first query that it could act on sees no key before t. */
function expectInactiveGateGradsZero(
  { dims }: AttentionCase,
  { seqStart, cuSeqlens, windowSize }: TestInputs,
  dLogFgate: Float32Array,
) {
  const { batch, queryLen, keyLen, numHeads } = dims;
  const limits = { seqStart, cuSeqlens, windowSize };
  const visibility = referenceTokenVisibility({ batch, length: keyLen }, limits);
  let cleared = 0;
  for (let at = 0; at < dLogFgate.length; at++) {
    const [b, t] = [Math.floor(at / numHeads / keyLen), Math.floor(at / numHeads) % keyLen];
    const query = Math.max(t, keyLen - queryLen);
    if (visibility[(b * keyLen + query) * 2]! < t) continue;
    if (dLogFgate[at] !== 0) expect({ b, t, gradient: dLogFgate[at] }).toBeNull();
    cleared++;
  }
  expect(cleared).toBeGreaterThanOrEqual(batch * numHeads);
}

gpuSuite(
  'forgettingAttention',
  (device) => {
    test.each(attentionCases)('$id', async (theCase) => {
      const { dims } = theCase;
      const inputs = makeInputs(theCase);
      const actual = await underTwoFills(device(), () =>
        runWithGrads(
          device(),
          hostTensors(dims, inputs),
          ({ q, k, v, logFgate }) =>
            forgettingAttention(q as Tensor, k as Tensor, v as Tensor, logFgate ?? null, {
              ...uploadOptions(device(), dims, inputs),
            }),
          inputs.dOut,
        ),
      );
      const { out } = referenceForgettingAttention(dims, inputs);
      const expected = referenceForgettingAttentionBackward(dims, inputs, inputs.dOut);
      expectMatch('out', actual.y!, out, FORWARD_BOUND);
      for (const name of ['dq', 'dk', 'dv'] as const) {
        expectMatch(name, actual[name]!, expected[name], GRADIENT_BOUND);
      }
      if (!theCase.gate) return;
      // Where no gate acts on anything, rounding is all that the reference has.
      if (theCase.windowSize !== 1) {
        expectMatch('dlogFgate', actual.dlogFgate!, expected.dLogFgate, GATE_BOUND);
      }
      expectInactiveGateGradsZero(theCase, inputs, actual.dlogFgate!);
    });

    const noGate = attentionCases.find(({ gate }) => gate === null)!;

    /** Output with every gate at one value, or without gates; logLambda given by the caller. */
    async function attend(logFgate: number | null): Promise<Float32Array> {
      const { queryLen, numHeads } = noGate.dims;
      const out = device().scope(() => {
        const { q, k, v } = uploadInputs(device(), noGate.dims, makeInputs(noGate));
        if (logFgate === null) return forgettingAttention(q, k, v, null);
        const gates = new Float32Array(queryLen * numHeads).fill(logFgate);
        const gate = device().tensor(gates, [1, queryLen, numHeads]);
        const logLambda = cumulativeLogGate(gate);
        return forgettingAttention(q, k, v, gate, { logLambda });
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
  ['tiled', 'scalar'],
);
