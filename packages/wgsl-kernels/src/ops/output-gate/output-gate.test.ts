import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { outputGateCases } from './output-gate.cases.ts';
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

gpuSuite('output-gate', (device) => {
  test.each(outputGateCases)('$id', async ({ count, activation }) => {
    const o = randomArray(42, count);
    const gate = randomArray(43, count, { scale: 3 });
    const dy = randomArray(44, count);
    const inputs = { o: { data: o, shape: [count] }, gate: { data: gate, shape: [count] } };
    const actual = await underTwoFills(device(), () =>
      runWithGrads(device(), inputs, ({ o, gate }) => outputGate(o!, gate!, { activation }), dy),
    );
    const expected = referenceOutputGateBackward(activation, o, gate, dy);
    expectMatch('y', actual.y!, referenceOutputGate(activation, o, gate), 1e-6);
    expectMatch('do', actual.do!, expected.do, 1e-6);
    expectMatch('dgate', actual.dgate!, expected.dgate, 1e-6);
  });

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
