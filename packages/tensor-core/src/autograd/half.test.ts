// Gradients of f16 tensors: f16 on the way, f32 for what is differentiated for.

import { expect, test } from 'vitest';
import { accumulateInto } from '../accumulate.ts';
import { defineOp, type ForwardContext, type Tensor, vjp } from '../index.ts';
import { gpuSuite } from '../testing/index.ts';

/** 2 x in the dtype of x; its gradient has it, too. */
const doubleOp = defineOp({
  name: 'double',
  forward: ({ inputs: { x } }: ForwardContext<{ x: Tensor }>) => ({ output: double(x) }),
  backward: ({ dOutput }) => ({ x: double(dOutput) }),
});

function double(x: Tensor): Tensor {
  const y = x.device.zeros(x.shape, { dtype: x.dtype });
  accumulateInto(y, x);
  accumulateInto(y, x);
  return y;
}

/** 2048 + 1 is no f16 value: a sum that was rounded there shows. */
const LARGE = 2048;

gpuSuite(
  'gradients of f16 tensors',
  (device) => {
    const half = (...data: number[]) => device().tensor(data, [data.length], { dtype: 'f16' });
    const values = async (tensor: Tensor) => [...(await tensor.data())];

    test('sums are rounded once, to the dtype of the target', async () => {
      using single = device().tensor([LARGE, 1], [2]);
      using source = half(1, 0.5);
      accumulateInto(single, source);
      expect(await values(single)).toEqual([LARGE + 1, 1.5]);
      accumulateInto(source, single);
      expect(await values(source)).toEqual([LARGE + 2, 2]);
    });

    test('a parameter gets f32 gradients, added without rounding', async () => {
      using x = half(1, 2, 3);
      using run = vjp(device(), ({ x }) => ({ a: doubleOp({ x }), b: doubleOp({ x }) }), { x });
      using da = half(LARGE / 2, 1, 0);
      using db = half(0.5, 1, 0);
      using dx = run.pullback({ a: da, b: db }).x;
      expect(dx.dtype).toBe('f32');
      expect(await values(dx)).toEqual([LARGE + 1, 4, 0]);
      run.output.a.dispose();
      run.output.b.dispose();
    });

    test('given tensors for gradients are f32; an f16 one is refused', async () => {
      using x = half(1, 2);
      using into = device().tensor([7, 7], [2]);
      using run = vjp(
        device(),
        ({ x }) => doubleOp({ x: doubleOp({ x }) }),
        { x },
        { into: { x: into } },
      );
      using dy = half(1, 0.25);
      using dx = run.pullback(dy).x;
      expect(await values(into)).toEqual([4, 1]);
      expect(dx.dtype).toBe('f32');
      run.output.dispose();
      expect(() => vjp(device(), ({ x }) => doubleOp({ x }), { x }, { into: { x: dy } })).toThrow(
        'expected a tensor f32[2] for the gradient of x, got f16[2]',
      );
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
