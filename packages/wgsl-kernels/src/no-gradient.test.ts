// Functions without a gradient refuse a tensor that is being differentiated, and take it by stopGradient.

import { NoGradientError, reshape, stopGradient, type Tensor, vjp } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import {
  accumulate,
  adamwStep,
  add,
  addLinear,
  cumulativeLogGate,
  fill,
  globalNorm,
  reverseCumsum,
  scaleBy,
  sumRows,
  tokenShift,
} from './index.ts';

const adamwTensors = (x: Tensor) => ({
  param: x.device.zeros(x.shape),
  grad: x,
  m: x.device.zeros(x.shape),
  v: x.device.zeros(x.shape),
  control: x.device.zeros([8]),
  decayBlocks: x.device.zeros([1], { dtype: 'u32' }),
  ...{ beta1: 0.9, beta2: 0.95, epsilon: 1e-8 },
});

const functions: readonly (readonly [name: string, call: (x: Tensor) => unknown])[] = [
  ['sumRows', (x) => sumRows(x, 1)],
  ['globalNorm', (x) => globalNorm([x])],
  ['scaleBy', (x) => scaleBy(x, x.device.zeros([1]))],
  ['adamwStep', (x) => adamwStep(adamwTensors(x))],
  ['accumulate', (x) => accumulate(x.device.zeros(x.shape), x)],
  ['addLinear', (x) => addLinear(x.device.zeros([1, 2, 5]), x, x.device.zeros([5, 3]))],
  ['fill', (x) => fill(x, 1)],
  ['cumulativeLogGate', cumulativeLogGate],
  ['reverseCumsum', reverseCumsum],
];

gpuSuite('functions without a gradient', (device) => {
  const shape = [1, 2, 3];

  /** Calls it on a parameter of a loss, or on the output of an op. */
  const errorOf = (call: (x: Tensor) => unknown, { onOutput = false } = {}): unknown => {
    try {
      device().scope(() => {
        const params = { x: device().zeros(shape, { label: 'x' }) };
        using _run = vjp(
          device(),
          ({ x }) => {
            const y = add(x, x);
            call(onOutput ? y : x);
            return y;
          },
          params,
        );
      });
    } catch (error) {
      return error;
    }
    return null;
  };

  test.each(functions)('%s', (_, call) => {
    for (const onOutput of [false, true]) {
      const error = errorOf(call, { onOutput });
      expect(NoGradientError.isInstance(error)).toBe(true);
      expect(`${error}`).toContain(`has no gradient, but '${onOutput ? 'add' : 'x'}' [1, 2, 3]`);
    }
    expect(errorOf((x) => call(stopGradient(x)))).toBeNull();
  });

  test('an op takes no tensor that is being differentiated as a constant input', () => {
    const shift = (x: Tensor, previous: Tensor) =>
      tokenShift(x.device.zeros([1, 1, 2, 3]), x.device.zeros([1, 1, 2]), { previous });
    const last = (x: Tensor) => reshape(x, [1, 1, 2, 3]);
    expect(`${errorOf((x) => shift(x, last(x)))}`).toContain(
      'token-shift: has no gradient for its input previous',
    );
    expect(errorOf((x) => shift(x, stopGradient(last(x))))).toBeNull();
  });
});
