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
import { type SwigluCase, swigluCases } from './swiglu.cases.ts';
import { swiglu } from './swiglu.op.ts';
import { referenceSwiglu, referenceSwigluBackward } from './swiglu.reference.ts';

describe('swiglu reference', () => {
  test('backward agrees with finite differences', () => {
    const dims = { rows: 3, inner: 5 };
    const dy = randomArray(2, 15);
    const worst = gradcheck({
      inputs: { x: Float64Array.from(randomArray(1, 30, { scale: 2 })) },
      forward: ({ x }) => referenceSwiglu(dims, x).reduce((sum, y, i) => sum + y * dy[i]!, 0),
      backward: ({ x }) => ({ x: referenceSwigluBackward(dims, x, dy) }),
    });
    expect(worst).toBeLessThan(1e-6);
  });
});

/** One case against the reference, on poisoned memory. */
async function checkCase(device: Device, { rows, inner }: SwigluCase, dtype: DType) {
  const x = storedAs(dtype, randomArray(42, rows * inner * 2, { scale: 3 }));
  const dy = storedAs(dtype, randomArray(43, rows * inner));
  const inputs = { x: { data: x, shape: [rows, 2 * inner], dtype } };
  const actual = await underTwoFills(device, () =>
    runWithGrads(device, inputs, ({ x }) => swiglu(x!), dy),
  );
  const bound = boundOf(dtype, 1e-6);
  expectMatch('y', actual.y!, referenceSwiglu({ rows, inner }, x), bound);
  expectMatch('dx', actual.dx!, referenceSwigluBackward({ rows, inner }, x, dy), bound);
}

gpuSuite('swiglu', (device) => {
  test.each(swigluCases)('$id', (row) => checkCase(device(), row, 'f32'));

  test('saturates without overflow', async () => {
    const y = swiglu(device().tensor(Float32Array.of(-1e4, -200, 200, 1e4, 1, 1, 1, 1), [1, 8]));
    expect([...(await y.data())]).toEqual([-0, -0, 200, 1e4]);
  });

  test('rejects an odd last axis', () => {
    const x = device().zeros([2, 3]);
    expect(() => swiglu(x)).toThrowErrorMatchingInlineSnapshot(
      `[ShapeError: swiglu: expected x [..., 2I] with an even last axis, got [2, 3]. Put gate and value side by side.]`,
    );
  });
});

gpuSuite(
  'swiglu of f16',
  (device) => {
    test.each(swigluCases)('$id', (row) => checkCase(device(), row, 'f16'));
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
