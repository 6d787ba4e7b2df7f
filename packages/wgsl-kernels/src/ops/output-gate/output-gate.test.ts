import type { Device, DType } from '@vulpes/tensor-core';
import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { boundOf, storedAs } from '../../testing/half.ts';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { type OutputGateCase, outputGateCases } from './output-gate.cases.ts';
import { outputGate } from './output-gate.op.ts';
import { referenceOutputGate, referenceOutputGateBackward } from './output-gate.reference.ts';

describe('output-gate reference', () => {
  test.each(['sigmoid', 'silu'] as const)('%s: backward agrees with finite differences', (act) => {
    const dy = randomArray(2, 12);
    const worst = gradcheck({
      inputs: {
        o: Float64Array.from(randomArray(1, 12)),
        gate: Float64Array.from(randomArray(3, 12, { scale: 2 })),
      },
      forward: ({ o, gate }) =>
        referenceOutputGate(act, o, gate).reduce((sum, y, i) => sum + y * dy[i]!, 0),
      backward: ({ o, gate }) => {
        const gradients = referenceOutputGateBackward(act, o, gate, dy);
        return { o: gradients.do, gate: gradients.dgate };
      },
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

/** One case against the reference, on poisoned memory. */
async function checkCase(
  device: Device,
  { count, activation }: OutputGateCase,
  [ofO, ofGate]: [DType, DType],
) {
  const o = storedAs(ofO, randomArray(42, count));
  const gate = storedAs(ofGate, randomArray(43, count, { scale: 3 }));
  const dy = storedAs(ofO, randomArray(44, count));
  const inputs = {
    o: { data: o, shape: [count], dtype: ofO },
    gate: { data: gate, shape: [count], dtype: ofGate },
  };
  const actual = await underTwoFills(device, () =>
    runWithGrads(device, inputs, ({ o, gate }) => outputGate(o!, gate!, { activation }), dy),
  );
  const expected = referenceOutputGateBackward(activation, o, gate, dy);
  expectMatch('y', actual.y!, referenceOutputGate(activation, o, gate), boundOf(ofO, 1e-6));
  expectMatch('do', actual.do!, expected.do, boundOf(ofO, 1e-6));
  expectMatch('dgate', actual.dgate!, expected.dgate, boundOf(ofGate, 1e-6));
}

gpuSuite('output-gate', (device) => {
  test.each(outputGateCases)('$id', (row) => checkCase(device(), row, ['f32', 'f32']));

  test('rejects other shapes and activations', () => {
    const [o, gate] = [device().zeros([2, 3]), device().zeros([3, 2])];
    expect(() => outputGate(o, gate, { activation: 'silu' })).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: outputGate: expected gate [2, 3], got [3, 2].]`,
    );
    const activation = 'relu' as 'silu';
    expect(() => outputGate(o, o, { activation })).toThrowErrorMatchingInlineSnapshot(
      `[ArgumentError: outputGate: expected activation 'sigmoid' or 'silu', got 'relu'.]`,
    );
  });
});

gpuSuite(
  'output-gate of f16',
  (device) => {
    test.each(outputGateCases)('$id', (row) => checkCase(device(), row, ['f16', 'f16']));

    test.each(outputGateCases.slice(2, 6))('$id with a gate of f32', (row) =>
      checkCase(device(), row, ['f16', 'f32']),
    );
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
