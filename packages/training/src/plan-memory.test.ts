// The memory that is planned is the memory that a run takes.

import { type Checkpointing, foxPreset } from '@vulpes/lm-models';
import { gpuSuite, makeCaps } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { planMemory } from './plan-memory.ts';
import { runTraining } from './run-training.ts';
import { defaultSettings } from './settings.ts';
import { disposeParams, tinyRun, tinySettings } from './testing/tiny-run.ts';

gpuSuite('a run', (device) => {
  test.each([1, 2])(
    'with %i micro batches takes what was planned to 5 in 100',
    async (accumulate) => {
      await device().finish();
      await device().trimMemory();
      const before = device().memory.inUseBytes;
      let most = 0;
      const settings = { ...tinySettings, steps: 4, accumulate };
      const run = await tinyRun(device(), {
        settings,
        onEvent: () => {
          most = Math.max(most, device().memory.inUseBytes - before);
        },
      });
      const { params } = await runTraining(run);
      disposeParams(params);
      const { totalBytes } = await planMemory(run.model.config, settings, device().caps);
      expect(totalBytes / most).toBeGreaterThan(0.95);
      expect(totalBytes / most).toBeLessThan(1.05);
    },
  );
});

describe('planMemory', () => {
  const caps = makeCaps({
    limits: {
      ...makeCaps().limits,
      maxBufferSize: 2 ** 40,
      maxStorageBufferBindingSize: 2 ** 31 - 4,
    },
  });
  const settings = { ...defaultSettings, batchSize: 1, contextLength: 2048 };

  test('parts of the 125M model: 16 bytes a parameter, and the step', async () => {
    const config = foxPreset('pro-125m');
    const memory = await planMemory(config, settings, caps);
    // Each parameter begins at a block of 16 KiB.
    expect(memory.weightBytes / (4 * 162_508_944)).toBeCloseTo(1, 2);
    expect(memory.gradientBytes).toBe(memory.weightBytes);
    expect(memory.optimizerBytes).toBe(2 * memory.weightBytes);
    expect(memory.totalBytes).toBe(4 * memory.weightBytes + memory.stepBytes);
    expect(memory.largestBinding.byteLength).toBe(memory.weightBytes);
  });

  test('accumulating keeps a second set of gradients, and no more activations', async () => {
    const config = foxPreset('pro-nano');
    const once = await planMemory(config, defaultSettings, caps);
    const thrice = await planMemory(config, { ...defaultSettings, accumulate: 3 }, caps);
    expect(thrice.gradientBytes).toBe(2 * once.gradientBytes);
    // But for copies of losses and counts.
    expect(thrice.stepBytes / once.stepBytes).toBeCloseTo(1, 1);
  });

  test('checkpointing takes less memory for more launches', async () => {
    const plan = (checkpointing: Checkpointing) =>
      planMemory(foxPreset('pro-125m'), { ...settings, checkpointing }, caps);
    const none = await plan('none');
    const selective = await plan('selective');
    const blocks = await plan('blocks');
    // Measured: 2.02, 1.42 and 0.58 GB.
    expect(selective.stepBytes / none.stepBytes).toBeLessThan(0.72);
    expect(blocks.stepBytes / selective.stepBytes).toBeLessThan(0.5);
    expect(selective.dispatches).toBeGreaterThan(none.dispatches);
    expect(blocks.dispatches).toBeGreaterThan(selective.dispatches);
    expect(blocks.dispatches / none.dispatches).toBeLessThan(1.3);
    expect([selective.weightBytes, blocks.gradientBytes]).toEqual([
      none.weightBytes,
      none.gradientBytes,
    ]);
  });

  test.each([
    // Measured: 43.9 and 18.9 GB; without checkpointing 68.1.
    ['selective', 48e9],
    ['blocks', 21e9],
  ] as const)(
    'the 760M model trains on 16,384 tokens at once, %s',
    async (checkpointing, bytes) => {
      const long = { ...settings, contextLength: 16_384, checkpointing };
      const { totalBytes } = await planMemory(foxPreset('pro-760m'), long, caps);
      expect(totalBytes).toBeLessThan(bytes);
    },
  );

  test('a device with small bindings gets several slabs, and a model that fits none is refused', async () => {
    const small = (bytes: number) =>
      makeCaps({ limits: { ...makeCaps().limits, maxStorageBufferBindingSize: bytes } });
    const config = foxPreset('pro-nano');
    const memory = await planMemory(config, defaultSettings, small(2 ** 21));
    expect(memory.largestBinding.byteLength).toBeLessThanOrEqual(2 ** 21);
    await expect(planMemory(config, defaultSettings, small(2 ** 17))).rejects.toThrow(/expected/);
  });
});
