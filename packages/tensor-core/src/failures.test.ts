// What a lost device and a full GPU look like to the caller: typed errors, at once and ever after.

import { expect, test } from 'vitest';
import { platform } from '#platform';
import { BufferPool } from './buffer-pool.ts';
import { probeCaps } from './caps.ts';
import { Device } from './device.ts';
import { DeviceLostError, OutOfMemoryError } from './errors.ts';
import { gpuSuite } from './testing/index.ts';

gpuSuite('a lost device', () => {
  const openRaw = async () => {
    const { adapter, toggles, notes } = await platform.openAdapter('auto');
    const gpu = await adapter.requestDevice();
    return {
      gpu,
      device: new Device(gpu, probeCaps(gpu, adapter.info, { kernels: 'auto', toggles, notes })),
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

/** A GPUDevice whose memory is full: no adapter can be filled up on purpose without harm to the machine. */
const fullDevice = {
  limits: { maxBufferSize: 2 ** 20, maxStorageBufferBindingSize: 2 ** 20 },
  pushErrorScope: () => undefined,
  popErrorScope: () => Promise.resolve({ message: 'allocation failed.' }),
  createBuffer: () => ({ destroy: () => undefined }),
} as unknown as GPUDevice;

test('a buffer that could not be made is an OutOfMemoryError that says what to do', async () => {
  const pool = new BufferPool(fullDevice);
  pool.acquire(1000, 'weights');
  const failing = pool.assertCreated();
  await expect(failing).rejects.toThrow(/out of GPU memory with 0 MiB allocated: .* smaller batch/);
  await failing.catch((error) => expect(OutOfMemoryError.isInstance(error)).toBe(true));
});

gpuSuite('an op whose backward throws', (device) => {
  test('leaves no tensor behind', async () => {
    const { defineOp, valueAndGrad } = await import('./index.ts');
    const failing = defineOp<null>({
      name: 'failing',
      forward: ({ device, inputs }) => ({
        outputs: [device.zeros([1])],
        saved: [device.zeros([8]), ...inputs],
      }),
      backward: () => {
        throw new Error('no way back');
      },
    });
    const a = device().zeros([1]);
    const before = device().memory.liveTensors;
    const step = valueAndGrad(device(), (params) => {
      const [y] = failing([params.a as typeof a], null);
      return { loss: failing([y as typeof a], null)[0] as typeof a };
    });
    expect(() => step({ a })).toThrow('no way back');
    expect(device().memory.liveTensors).toBe(before);
    a.dispose();
  });
});
