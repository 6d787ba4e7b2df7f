// The kernels on subgroup matrices against the f64 reference: f16 in and out, every row, and the pairs that were kept.

import type { Device, Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { tokenVisibility } from '@vulpes/wgsl-kernels';
import { runWithGrads } from '@vulpes/wgsl-kernels/testing';
import { expect, test } from 'vitest';
import { halfInputs } from './fixtures/half-inputs.ts';
import type { TestInputs } from './fixtures/make-inputs.ts';
import { hostTensors, uploadInputs, uploadOptions } from './fixtures/on-device.ts';
import {
  type ForgettingAttentionOptions,
  forgettingAttention,
  forgettingAttentionWithStats,
} from './forgetting-attention.ts';
import { type MatrixCase, matrixCases } from './matrix.cases.ts';
import {
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from './reference/index.ts';

const BOUND = 5e-3;
const GATE_BOUND = 5e-3;

/** Options of a case with visibility in any case; all owned by the scope around. */
function optionsOf(
  device: Device,
  { dims }: MatrixCase,
  inputs: TestInputs,
): ForgettingAttentionOptions {
  const { seqStart, cuSeqlens, windowSize, ...others } = uploadOptions(device, dims, inputs);
  const limits = { seqStart, cuSeqlens, windowSize };
  return {
    ...others,
    visibility: tokenVisibility(device, { batch: dims.batch, length: dims.keyLen, ...limits }),
  };
}

gpuSuite(
  'forgettingAttention on subgroup matrices',
  (device) => {
    async function expectForward(
      theCase: MatrixCase,
      inputs: TestInputs,
      extra: () => ForgettingAttentionOptions,
    ) {
      const { dims } = theCase;
      const { out, rowStats } = await underTwoFills(device(), async () => {
        const results = device().scope(() => {
          const { q, k, v, logFgate } = uploadInputs(device(), dims, inputs, 'f16');
          const options = { ...optionsOf(device(), theCase, inputs), ...extra() };
          return forgettingAttentionWithStats(q, k, v, logFgate, options);
        });
        const [out, rowStats] = await device().read([results.out, results.rowStats]);
        for (const tensor of [results.out, results.rowStats, results.kept.startIndex])
          tensor.dispose();
        return { out: out as Float32Array, rowStats: rowStats as Int32Array };
      });
      const expected = referenceForgettingAttention(dims, inputs);
      expectMatch('out', out, expected.out, BOUND);
      expect(rowStats.filter((_, at) => at % 2 === 1)).toEqual(expected.firstKeys);
      const lse = new Float32Array(rowStats.buffer).filter((_, at) => at % 2 === 0);
      expectMatch('lse', lse, expected.lse, BOUND);
    }

    async function expectGradients(
      theCase: MatrixCase,
      inputs: TestInputs,
      extra: () => ForgettingAttentionOptions,
    ) {
      const { dims } = theCase;
      const actual = await underTwoFills(device(), () =>
        runWithGrads(
          device(),
          hostTensors(dims, inputs, 'f16'),
          ({ q, k, v, logFgate }) =>
            forgettingAttention(q as Tensor, k as Tensor, v as Tensor, logFgate as Tensor, {
              ...optionsOf(device(), theCase, inputs),
              ...extra(),
            }),
          inputs.dOut,
        ),
      );
      const expected = referenceForgettingAttentionBackward(dims, inputs, inputs.dOut);
      for (const name of ['dq', 'dk', 'dv'] as const) {
        expectMatch(name, actual[name]!, expected[name], BOUND);
      }
      expectMatch('dlogFgate', actual.dlogFgate!, expected.dLogFgate, GATE_BOUND);
    }

    test.each(matrixCases)('$id', async (theCase) => {
      const inputs = halfInputs(theCase, theCase.scale);
      await expectForward(theCase, inputs, () => ({}));
    });

    // The gradients of a logit that stands alone are 0.
    const withGradients = matrixCases.filter(({ dims }) => dims.keyLen > 1);

    test.each(withGradients)('gradients: $id', async (theCase) => {
      const inputs = halfInputs(theCase, theCase.scale);
      await expectGradients(theCase, inputs, () => ({}));
    });

    test('heads with bounded logits pass scores through f16, the others do not', async () => {
      const theCase = matrixCases[0]!;
      const { batch, numHeads } = theCase.dims;
      const inputs = halfInputs(theCase);
      // Two query heads a key head: of every second pair, one is not bounded.
      const bounds = Float32Array.from({ length: batch * numHeads }, (_, at) =>
        at % 4 === 3 ? 1e4 : 8,
      );
      const extra = () => ({ logitBound: device().tensor(bounds, [batch, numHeads]) });
      await expectForward(theCase, inputs, extra);
      await expectGradients(theCase, inputs, extra);
    });

    test('bounded logits that rise to the left by more than f16 holds', async () => {
      const theCase = matrixCases[0]!;
      const { batch, numHeads, numKvHeads = numHeads, keyLen, headDim } = theCase.dims;
      const inputs = halfInputs(theCase);
      // Logits are 14 at the first 20 keys, -14 at the others.
      inputs.q.fill(1.75);
      const tokenOf = (at: number) => Math.floor(at / (numKvHeads * headDim)) % keyLen;
      inputs.k.set(inputs.k.map((_, at) => (tokenOf(at) < 20 ? 2 : -2)));
      const bounds = new Float32Array(batch * numHeads).fill(14.5);
      const extra = () => ({ logitBound: device().tensor(bounds, [batch, numHeads]) });
      await expectForward(theCase, inputs, extra);
    });

    test('q, k and v may be one tensor', async () => {
      const values = Float32Array.from({ length: 75 * 32 }, (_, at) => Math.sin(at * at));
      const upload = () => device().tensor(values, [1, 75, 2, 16], { dtype: 'f16' });
      const attend = async (isOne: boolean) => {
        const out = device().scope(() => {
          const logFgate = device().tensor(new Float32Array(150).fill(-0.05), [1, 75, 2]);
          const visibility = tokenVisibility(device(), { batch: 1, length: 75 });
          const x = upload();
          const [k, v] = isOne ? [x, x] : [upload(), upload()];
          return forgettingAttention(x, k, v, logFgate, { visibility });
        });
        const result = await out.data();
        out.dispose();
        return result;
      };
      expect(await attend(true)).toEqual(await attend(false));
    });
  },
  ['matrix'],
);
