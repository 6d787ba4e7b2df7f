// Who waits for a software adapter leaves it the processor.

import { promisify } from 'node:util';
import { expect, test, vi } from 'vitest';
import { createDevice } from '../create-device.ts';
import { isOfBinding, makeCalm } from './calm-polling.ts';

test('the binding of Dawn asks the global setImmediate, by callbacks that are told from others', async () => {
  using device = await createDevice({ adapter: 'software' });
  const asked = vi.spyOn(globalThis, 'setImmediate');
  expect(await device.zeros([4]).data()).toEqual(new Float32Array(4));
  const callbacks = asked.mock.calls.map(([callback]) => callback as () => void);
  asked.mockRestore();
  expect(callbacks.some(isOfBinding)).toBe(true);
});

test('native callbacks without a name wait for a timer, all others pass', async () => {
  const timers = { setImmediate: vi.fn(), setTimeout: vi.fn() };
  const calm = makeCalm(timers as never) as (...args: unknown[]) => void;
  const ours = () => {};
  for (const callback of [ours, ours.bind(null), (() => {}).bind(null)]) {
    calm(callback, 1, 2);
    expect(timers.setImmediate).toHaveBeenLastCalledWith(callback, 1, 2);
  }
  expect(timers.setTimeout).not.toHaveBeenCalled();
  calm(Function.prototype);
  expect(timers.setTimeout).toHaveBeenCalledWith(Function.prototype, 1);
  expect(timers.setImmediate).toHaveBeenCalledTimes(3);
  expect(await promisify(makeCalm(globalThis))(5)).toBe(5);
});
