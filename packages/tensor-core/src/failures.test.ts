// What a lost device and a full GPU look like to the caller: typed errors, at once and ever after.

import { expect, test } from 'vitest';
import { platform } from '#platform';
import { probeCaps } from './caps.ts';
import { GpuDevice } from './device.ts';
import { DeviceLostError, OutOfMemoryError } from './errors.ts';
import type { Device, ForwardContext, Tensor } from './index.ts';
import { gpuSuite } from './testing/index.ts';

gpuSuite('a lost device', () => {
  const openRaw = async () => {
    const { adapter, toggles, notes } = await platform.openAdapter('auto');
    const gpu = await adapter.requestDevice();
    return {
      gpu,
      device: new GpuDevice(gpu, probeCaps(gpu, adapter.info, { toggles, notes })),
    };
  };

  test('fails the read under way and every later call, by DeviceLostError', async () => {
    const { gpu, device } = await openRaw();
    const x = device.tensor([1], [1]);
    await device.finish();
    const reading = x.data().then(
      () => 'read before the loss',
      (error: unknown) => error,
    );
    gpu.destroy();
    const outcome = await reading;
    if (outcome !== 'read before the loss') expect(DeviceLostError.isInstance(outcome)).toBe(true);
    expect(DeviceLostError.isInstance(await device.lost)).toBe(true);
    expect(() => device.zeros([1])).toThrow(/the GPU was lost .* load the last checkpoint/);
    await expect(x.data()).rejects.toThrow(/the GPU was lost/);
    await expect(device.flush()).rejects.toThrow(/the GPU was lost/);
  });
});

/**
 * A real GPUDevice that has only so many bytes of storage, since no adapter can be filled up on purpose without harm to the
 * machine: buffers behind the limit are made in truth, but their error scope says out of memory.
 */
function limited(gpu: GPUDevice, limitBytes: number): GPUDevice {
  let used = 0;
  let isFull = false;
  const createBuffer = (descriptor: GPUBufferDescriptor) => {
    const buffer = gpu.createBuffer(descriptor);
    used += descriptor.size;
    isFull = used > limitBytes;
    if (isFull) used -= descriptor.size;
    else buffer.destroy = freeing(buffer, () => (used -= descriptor.size));
    return buffer;
  };
  const popErrorScope = async () => {
    const verdict = isFull ? ({ message: 'allocation failed.' } as GPUError) : null;
    isFull = false;
    return (await gpu.popErrorScope()) ?? verdict;
  };
  const changed: Readonly<Record<PropertyKey, unknown>> = { createBuffer, popErrorScope };
  return new Proxy(gpu, {
    get(target, name) {
      const value = changed[name] ?? Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const freeing = (buffer: GPUBuffer, onFree: () => void) => {
  const destroy = buffer.destroy.bind(buffer);
  return () => {
    onFree();
    return destroy();
  };
};

gpuSuite('a full GPU', () => {
  const KIB = 1024;
  const openLimited = async (limitBytes: number) => {
    const { adapter, toggles, notes } = await platform.openAdapter('auto');
    const gpu = limited(await adapter.requestDevice(), limitBytes);
    return new GpuDevice(gpu, probeCaps(gpu, adapter.info, { toggles, notes }));
  };
  const filled = (device: Device, kib: number, value: number) =>
    device.tensor(new Float32Array((kib * KIB) / 4).fill(value), [(kib * KIB) / 4]);

  test('gives up what nobody holds before it fails', async () => {
    const device = await openLimited(1024 * KIB);
    const kept = filled(device, 128, 1);
    filled(device, 512, 2).dispose();
    await device.finish();
    // 128 + 512 are taken, of which the pool can give back 512. The read-back needs memory, too.
    const large = filled(device, 448, 3);
    expect((await large.data()).every((value) => value === 3)).toBe(true);
    expect(device.memory.allocatedBytes).toBe((128 + 448) * KIB);
    expect((await kept.data()).every((value) => value === 1)).toBe(true);
    device.dispose();
  });

  test('keeps free buffers that recorded commands need', async () => {
    const device = await openLimited(1024 * KIB);
    const sum = device.zeros([(128 * KIB) / 4]);
    const addend = filled(device, 128, 2);
    filled(device, 512, 9).dispose();
    await device.finish();
    device.copy(addend, sum);
    addend.dispose(); // The copy has still to run.
    const large = filled(device, 448, 3);
    await device.finish();
    large.dispose();
    expect((await sum.data()).every((value) => value === 2)).toBe(true);
    device.dispose();
  });

  test('is an OutOfMemoryError that says what to do where nothing can be given back', async () => {
    const device = await openLimited(256 * KIB);
    const kept = filled(device, 128, 1);
    await device.finish();
    filled(device, 256, 2);
    const failing = device.flush();
    await expect(failing).rejects.toThrow(/out of GPU memory with 0 MiB .* smaller batch/);
    await failing.catch((error) => expect(OutOfMemoryError.isInstance(error)).toBe(true));
    expect(() => device.zeros([1])).toThrow(/out of GPU memory/);
    expect(kept.isDisposed).toBe(false);
    device.dispose();
  });
});

gpuSuite('an op whose backward throws', (device) => {
  test('leaves no tensor behind', async () => {
    const { defineOp, valueAndGrad } = await import('./index.ts');
    const failing = defineOp({
      name: 'failing',
      forward: ({ device, inputs: { x } }: ForwardContext<{ x: Tensor }>) => ({
        output: device.zeros([1]),
        saved: { x, eight: device.zeros([8]) },
      }),
      backward: () => {
        throw new Error('no way back');
      },
    });
    const a = device().zeros([1]);
    const before = device().memory.liveTensors;
    const step = valueAndGrad(device(), ({ a }: { a: Tensor }) => ({
      loss: failing({ x: failing({ x: a }) }),
    }));
    expect(() => step({ a })).toThrow('no way back');
    expect(device().memory.liveTensors).toBe(before);
    a.dispose();
  });
});
