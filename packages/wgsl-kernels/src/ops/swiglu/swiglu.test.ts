import {
  expectMatch,
  gpuSuite,
  gradcheck,
  randomArray,
  underTwoFills,
} from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { runWithGrads } from '../../testing/run-with-grads.ts';
import { swigluCases } from './swiglu.cases.ts';
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

gpuSuite('swiglu', (device) => {
  test.each(swigluCases)('$id', async ({ rows, inner }) => {
    const x = randomArray(42, rows * inner * 2, { scale: 3 });
    const dy = randomArray(43, rows * inner);
    const actual = await underTwoFills(device(), () =>
      runWithGrads(
        device(),
        { x: { data: x, shape: [rows, 2 * inner] } },
        ({ x }) => swiglu(x!),
        dy,
      ),
    );
    expectMatch('y', actual.y!, referenceSwiglu({ rows, inner }, x), 1e-6);
    expectMatch('dx', actual.dx!, referenceSwigluBackward({ rows, inner }, x, dy), 1e-6);
  });

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
