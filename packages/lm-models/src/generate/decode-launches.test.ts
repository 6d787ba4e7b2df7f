// What one more token of a cached text asks of a GPU, at the size of a real model.

import { createCountingDevice } from '@vulpes/tensor-core';
import { makeCaps } from '@vulpes/tensor-core/testing';
import { expect, test, vi } from 'vitest';
import { foxPreset } from '../config/presets.ts';
import { createModel } from '../model/model.ts';

const caps = makeCaps({
  features: { f16: true, subgroups: true, subgroupMatrix: false, timestampQuery: true },
  subgroupMinSize: 32,
  subgroupMaxSize: 32,
  limits: {
    ...makeCaps().limits,
    maxBufferSize: 2 ** 40,
    maxStorageBufferBindingSize: 2 ** 31 - 4,
  },
});

/** Launches of one token by kernel, most first, and what else is recorded with them. */
async function countToken() {
  const { device, counts } = createCountingDevice(caps);
  const model = createModel(foxPreset('pro-125m'), device);
  const params = Object.fromEntries(
    model.parameterSpecs().map(({ name, shape }) => [name, device.empty(shape)]),
  );
  const cache = model.createCache(params, { batch: 1 });
  const append = async (length: number) => {
    const inputIds = device.zeros([1, length], { dtype: 'i32' });
    const logits = model.nextTokenLogits(params, { inputIds, cache });
    await Promise.all([logits.data(), cache.evict()]);
    for (const tensor of [inputIds, logits]) tensor.dispose();
  };
  await append(100);
  await append(1);
  const dispatch = vi.spyOn(device, 'dispatch');
  const before = { ...counts };
  await append(1);
  const names = dispatch.mock.calls.map(([{ program }]) => program.label.split('[')[0] as string);
  const launches: Record<string, number> = {};
  for (const name of names) launches[name] = (launches[name] ?? 0) + 1;
  device.dispose();
  const { dispatches, passes, copies } = counts;
  return {
    launches,
    dispatches: dispatches - before.dispatches,
    passes: passes - before.passes,
    copies: copies - before.copies,
  };
}

test('a token of the 125M model is 291 launches in one pass', async () => {
  expect(await countToken()).toMatchInlineSnapshot(`
    {
      "copies": 1,
      "dispatches": 291,
      "launches": {
        "append-pages": 12,
        "embedding-forward": 1,
        "gate-scan": 12,
        "log-sigmoid-forward": 12,
        "matmul-few-rows.subgroup": 121,
        "output-gate-forward": 12,
        "paged-attention.tiled": 12,
        "rms-norm-forward.tiled": 61,
        "swiglu-forward": 12,
        "token-shift-forward": 24,
        "update-retention": 12,
      },
      "passes": 1,
    }
  `);
});
