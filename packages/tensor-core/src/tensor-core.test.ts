// Device, tensors, scopes, recording, autograd: on a real adapter.

import { describe, expect, it, test } from 'vitest';
import { accumulateInto } from './accumulate.ts';
import {
  compileStep,
  createDevice,
  type Device,
  type Program,
  reshape,
  shareBuffer,
  type Tensor,
  valueAndGrad,
} from './index.ts';
import { add } from './testing/add-op.ts';
import { gpuSuite, underTwoFills } from './testing/index.ts';

const scalar = (device: Device, value: number) => device.tensor([value], [1]);

gpuSuite('device', (device) => {
  test('uploads and reads back every dtype', async () => {
    const f32 = device().tensor([1.5, -2, 3], [3]);
    const i32 = device().tensor(Int32Array.of(-7, 8), [2, 1]);
    const f16 = device().tensor(Float32Array.of(1 + 2 ** -12, 65504, 3), [3], { dtype: 'f16' });
    expect([...(await f32.data())]).toEqual([1.5, -2, 3]);
    expect([...(await i32.data())]).toEqual([-7, 8]);
    expect([...(await f16.data())]).toEqual([1, 65504, 3]);
    for (const tensor of [f32, i32, f16]) tensor.dispose();
  });

  test('a slice reads and writes its part of a tensor, and keeps the memory', async () => {
    const whole = device().zeros([3, 64]);
    const middle = device().slice(whole, 64, [2, 32]);
    const last = device().slice(device().slice(whole, 64, [2, 64]), 64, [3]);
    device().write(middle, new Float32Array(64).fill(1));
    device().write(last, Float32Array.of(7, 8, 9));
    accumulateInto(middle, middle.device.tensor(new Float32Array(64).fill(2), [2, 32]));
    const [all, part] = await device().read([whole, last]);
    expect([...(all as Float32Array)]).toEqual([
      ...new Array(64).fill(0),
      ...new Array(64).fill(3),
      ...[7, 8, 9],
      ...new Array(61).fill(0),
    ]);
    expect([...(part as Float32Array)]).toEqual([7, 8, 9]);
    device().fillZero(middle);
    whole.dispose();
    expect([...(await middle.data())]).toEqual(new Array(64).fill(0));
    middle.dispose();
    last.dispose();
  });

  test('a slice that does not fit is refused in words', () => {
    const whole = device().zeros([200]);
    expect(() => device().slice(whole, 32, [4])).toThrow('a multiple of 64 elements, got 32');
    expect(() => device().slice(whole, 128, [73])).toThrow('at most 72 elements from 128 on');
    expect(() =>
      accumulateInto(device().slice(whole, 64, [8]), device().slice(whole, 0, [8])),
    ).toThrow('share one buffer and one is written');
    whole.dispose();
  });

  test('what is bound for writing only to be read shares no buffer, and may be an upload of a compiled step', async () => {
    const program: Program = {
      label: 'double',
      wgsl: `
        @group(0) @binding(0) var<storage, read_write> x: array<f32>;
        @group(0) @binding(1) var<storage, read> w: array<f32>;
        @group(0) @binding(2) var<storage, read_write> y: array<f32>;
        @compute @workgroup_size(1) fn main() { y[0] = x[0] * w[0]; }`,
      access: ['read*', 'read', 'write'],
      hasParams: false,
    };
    const multiply = (x: Tensor, w: Tensor): Tensor => {
      const y = x.device.empty([1]);
      x.device.dispatch({ program, tensors: [x, w, y], workgroups: [1, 1, 1] });
      return y;
    };
    using x = scalar(device(), 3);
    using w = scalar(device(), 5);
    expect([shareBuffer(x, w), shareBuffer(x, x)]).toEqual([false, true]);
    expect(() => multiply(x, x)).toThrow('share one buffer and one is bound for writing');
    using step = compileStep(device(), {
      inputs: { w: { shape: [1] } },
      record: ({ w }) => multiply(device().tensor([7], [1]), w),
    });
    for (const value of [2, 4]) {
      using y = step.run({ w: Float32Array.of(value) });
      expect([...(await y.data())]).toEqual([7 * value]);
    }
  });

  test('several tensors are read at once, in order, of any dtype', async () => {
    const tensors = [
      device().tensor(Int32Array.of(-1, 2, 3), [3]),
      device().tensor(Float32Array.of(0.5, 2, 4), [3], { dtype: 'f16' }),
      device().tensor([1, 2], [2]),
    ];
    const values = await device().read(tensors);
    expect(values.map((value) => [...value])).toEqual([
      [-1, 2, 3],
      [0.5, 2, 4],
      [1, 2],
    ]);
    expect(await device().read([])).toEqual([]);
    for (const tensor of tensors) tensor.dispose();
  });

  test('host writes keep their place among recorded commands', async () => {
    const x = device().tensor([1], [1]);
    const sum = device().zeros([1]);
    accumulateInto(sum, x);
    device().write(x, Float32Array.of(10));
    accumulateInto(sum, x);
    expect([...(await sum.data())]).toEqual([11]);
    x.dispose();
    sum.dispose();
  });

  test('a scope frees what it made but the result', async () => {
    const before = device().memory;
    const kept = device().scope(() => {
      const [a, b] = [scalar(device(), 1), scalar(device(), 2)];
      return { deep: [add(a, b)] };
    });
    expect(device().memory.liveTensors).toBe(before.liveTensors + 1);
    expect([...(await (kept.deep[0] as Tensor).data())]).toEqual([3]);
    kept.deep[0]?.dispose();
    expect(device().memory.inUseBytes).toBe(before.inUseBytes);
  });

  test('a scope frees everything when its body throws', () => {
    const before = device().memory.liveTensors;
    expect(() =>
      device().scope(() => {
        device().zeros([4]);
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(device().memory.liveTensors).toBe(before);
  });

  test('a disposed tensor and an oversized one give clear errors', () => {
    const x = device().zeros([2]);
    x.dispose();
    expect(() => device().fillZero(x)).toThrow(/used after dispose/);
    expect(() => device().empty([2 ** 20, 2 ** 20])).toThrow(/storage binding limit/);
    expect(() => device().empty([0])).toThrow(/positive integers/);
    expect(() => device().tensor([1, 2], [3])).toThrow(/expected 3 elements/);
  });

  test('a kernel that does not compile says where, and the device stays failed', async () => {
    const other = await createDevice();
    const x = other.zeros([1]);
    const program = {
      label: 'broken',
      wgsl: 'fn main() { let a = ; }',
      access: ['write'] as const,
      hasParams: false,
    };
    other.dispatch({ program, tensors: [x], workgroups: [1, 1, 1] });
    await expect(other.flush()).rejects.toThrow(
      /kernel broken does not compile[\s\S]*1 \| fn main/,
    );
    await expect(x.data()).rejects.toThrow(/kernel broken/);
    other.dispose();
  });

  test('one tensor cannot be read and written in one dispatch', () => {
    const x = device().zeros([1]);
    expect(() => accumulateInto(x, x)).toThrow(/share one buffer/);
    x.dispose();
  });

  test('two fills expose a read of unwritten memory, guards a stray write', async () => {
    const read = underTwoFills(device(), async () => {
      const x = device().empty([2]);
      const data = await x.data();
      x.dispose();
      return { x: data };
    });
    await expect(read).rejects.toThrow(/not written/);
    const write = underTwoFills(device(), async () => {
      const x = device().zeros([2]);
      const wgsl = `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
        @compute @workgroup_size(1) fn main() { x[2] = 1.0; }`;
      const program = { label: 'stray', wgsl, access: ['write'] as const, hasParams: false };
      device().dispatch({ program, tensors: [x], workgroups: [1, 1, 1] });
      const data = await x.data();
      x.dispose();
      return { x: data };
    });
    await expect(write).rejects.toThrow(/wrote behind the end/);
    const y = device().zeros([2]);
    expect([...(await y.data())]).toEqual([0, 0]);
    y.dispose();
  });

  test('profile names and times every dispatch', async () => {
    const [a, b] = [scalar(device(), 1), scalar(device(), 1)];
    const { kernels } = await device().profile(() => {
      for (let i = 0; i < 3; i++) accumulateInto(a, b);
    });
    expect(kernels.map((kernel) => kernel.label)).toEqual([
      'accumulate',
      'accumulate',
      'accumulate',
    ]);
    expect(kernels.every((kernel) => kernel.nanoseconds >= 0)).toBe(true);
    a.dispose();
    b.dispose();
  });

  test('a device that was disposed of refuses work', async () => {
    const other = await createDevice();
    other.dispose();
    expect(() => other.zeros([1])).toThrow(/used after dispose/);
  });
});

gpuSuite('autograd', (device) => {
  test('sums the gradients of a tensor used several times', async () => {
    const [a, b] = [scalar(device(), 1), scalar(device(), 2)];
    const step = valueAndGrad(device(), ({ a, b }) => {
      const sum = add(a as Tensor, b as Tensor);
      return { loss: add(add(sum, sum), add(sum, a as Tensor)), aux: { sum } };
    });
    const { loss, aux, grads } = step({ a, b });
    expect([...(await loss.data())]).toEqual([10]);
    expect([...((await aux?.sum.data()) ?? [])]).toEqual([3]);
    expect([...((await grads.a?.data()) ?? [])]).toEqual([4]);
    expect([...((await grads.b?.data()) ?? [])]).toEqual([3]);
    for (const tensor of [a, b, loss, aux?.sum, grads.a, grads.b]) tensor?.dispose();
  });

  test('goes through reshape; an unused parameter has a zero gradient', async () => {
    const [a, unused] = [scalar(device(), 5), device().zeros([2, 2])];
    const step = valueAndGrad(device(), ({ a }) => ({
      loss: reshape(add(reshape(a as Tensor, [1, 1]), reshape(a as Tensor, [1, 1])), [1]),
    }));
    const { loss, grads } = step({ a, unused });
    expect([...(await loss.data())]).toEqual([10]);
    expect([...((await grads.a?.data()) ?? [])]).toEqual([2]);
    expect([...((await grads.unused?.data()) ?? [])]).toEqual([0, 0, 0, 0]);
    for (const tensor of [a, unused, loss, grads.a, grads.unused]) tensor?.dispose();
  });

  test('a thousand steps leave memory where it was', async () => {
    const params = { a: scalar(device(), 1), b: scalar(device(), 2) };
    const step = valueAndGrad(device(), ({ a, b }) => ({
      loss: add(add(a as Tensor, b as Tensor), b as Tensor),
    }));
    let settled = device().memory;
    for (let i = 0; i < 1000; i++) {
      const { loss, grads } = step(params);
      for (const tensor of [loss, grads.a, grads.b]) tensor?.dispose();
      if (i % 100 === 0) await device().finish();
      if (i === 10) settled = device().memory;
    }
    expect(device().memory).toEqual({ ...settled, peakInUseBytes: device().memory.peakInUseBytes });
    params.a.dispose();
    params.b.dispose();
  });

  test('a loss that is no scalar is refused, and nothing leaks', () => {
    const a = device().zeros([2]);
    const before = device().memory.liveTensors;
    const step = valueAndGrad(device(), ({ a }) => ({ loss: add(a as Tensor, a as Tensor) }));
    expect(() => step({ a })).toThrow(/expected a loss f32\[1\], got f32\[2\]/);
    expect(device().memory.liveTensors).toBe(before);
    a.dispose();
  });
});

describe('errors', () => {
  it('isInstance tells the classes apart', async () => {
    const { FoxError, NoAdapterError, ShapeError } = await import('./index.ts');
    const error = new ShapeError('x');
    expect(FoxError.isInstance(error)).toBe(true);
    expect(ShapeError.isInstance(error)).toBe(true);
    expect(NoAdapterError.isInstance(error)).toBe(false);
  });
});
