// f16 tensors where there are no subgroup matrices: the kernels that compute in f32, against the f64 reference.

import type { Tensor } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite, underTwoFills } from '@vulpes/tensor-core/testing';
import { runWithGrads } from '@vulpes/wgsl-kernels/testing';
import { test } from 'vitest';
import { attentionCases } from './attention.cases.ts';
import { halfInputs } from './fixtures/half-inputs.ts';
import { hostTensors, uploadOptions } from './fixtures/on-device.ts';
import { forgettingAttention } from './forgetting-attention.ts';
import {
  referenceForgettingAttention,
  referenceForgettingAttentionBackward,
} from './reference/index.ts';

/** Results are rounded to f16; gradients are made from the rounded output, too. */
const FORWARD_BOUND = 5e-4;
const GRADIENT_BOUND = 1e-3;
/** Sums of sums that cancel: delta is made of a rounded output. */
const GATE_BOUND = 1e-2;

const ids = [
  'B3-T50-H1-D16-padded',
  'B2-T50-H4-Hkv2-D16',
  'B1-M40-N150-H2-D16-pruned-16x64-cross-padded',
];

gpuSuite(
  'forgettingAttention of f16',
  (device) => {
    test.each(attentionCases.filter(({ id }) => ids.includes(id)))('$id', async (theCase) => {
      const { dims } = theCase;
      const inputs = halfInputs(theCase);
      const actual = await underTwoFills(device(), () =>
        runWithGrads(
          device(),
          hostTensors(dims, inputs, 'f16'),
          ({ q, k, v, logFgate }) =>
            forgettingAttention(q as Tensor, k as Tensor, v as Tensor, logFgate as Tensor, {
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
      expectMatch('dlogFgate', actual.dlogFgate!, expected.dLogFgate, GATE_BOUND);
    });
  },
  ['tiled', 'scalar'],
  { requires: { features: ['f16'] } },
);
