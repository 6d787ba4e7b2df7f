// What one more token of a text asks of a GPU and of the host, at the size of a real model.

import { createCountingDevice } from '@vulpes/tensor-core';
import { makeCaps } from '@vulpes/tensor-core/testing';
import { expect, test, vi } from 'vitest';
import { foxPreset } from '../config/presets.ts';
import { createModel } from '../model/model.ts';
import { Decoder } from './decoder.ts';
import { TokenChooser } from './token-chooser.ts';

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

function makeDecoder(promptLength: number) {
  const { device, counts } = createCountingDevice(caps);
  const model = createModel(foxPreset('pro-125m'), device);
  const params = Object.fromEntries(
    model.parameterSpecs().map(({ name, shape }) => [name, device.empty(shape)]),
  );
  const cache = model.createCache(params, { batch: 1 });
  const chooser = new TokenChooser(device, { batch: 1, seed: 0, temperature: 0, topK: null });
  const decoder = new Decoder(model, params, { cache, chooser });
  const prompt = device.zeros([1, promptLength], { dtype: 'i32' });
  chooser.choose(model.nextTokenLogits(params, { inputIds: prompt, cache }));
  /** One token as `generate` makes it. */
  const next = async () => {
    decoder.next().dispose();
    await Promise.all([chooser.read(), cache.evict()]);
  };
  return { device, counts, decoder, next };
}

const countByName = (labels: readonly string[]) => {
  const launches: Record<string, number> = {};
  for (const label of labels) {
    const name = label.split('[')[0] as string;
    launches[name] = (launches[name] ?? 0) + 1;
  }
  return launches;
};

test('launches of a token of the 125M model', async () => {
  const { device, next } = makeDecoder(1024);
  // The first one makes the cache larger, the second is recorded, too, and compared.
  await next();
  const dispatch = vi.spyOn(device, 'dispatch');
  await next();
  const labels = dispatch.mock.calls.map(([{ program }]) => program.label);
  expect(labels.length).toMatchInlineSnapshot(`100`);
  expect(countByName(labels)).toMatchInlineSnapshot(`
    {
      "decode-append": 12,
      "decode-gate": 12,
      "decode-output": 12,
      "decode-project.subgroup": 12,
      "decode-up.subgroup": 12,
      "embedding-forward": 1,
      "likeliest-token": 1,
      "matmul-few-rows.subgroup": 25,
      "paged-attention.tiled": 12,
      "rms-norm-forward.tiled": 1,
    }
  `);
});

test('a replayed token is one submit of one pass: nothing is recorded, no bind group made', async () => {
  const { device, counts, decoder, next } = makeDecoder(1024);
  for (let warmUp = 0; warmUp < 3; warmUp++) await next();
  const dispatch = vi.spyOn(device, 'dispatch');
  const before = { ...counts };
  for (let token = 0; token < 4; token++) await next();
  expect(dispatch).not.toHaveBeenCalled();
  const perToken = Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [
      name,
      (count - before[name as keyof typeof before]) / 4,
    ]),
  );
  expect(perToken).toEqual({
    ...{ submits: 1, passes: 1, dispatches: decoder.dispatches },
    // The position goes to the GPU, the token comes back.
    ...{ writes: 1, copies: 1, maps: 1 },
    ...{ buffers: 0, bindGroups: 0, clears: 0 },
  });
});

test('a step is recorded twice for each doubling of the cache, and never else', async () => {
  const { device, next } = makeDecoder(100);
  const dispatch = vi.spyOn(device, 'dispatch');
  let recorded = 0;
  for (let length = 101; length <= 260; length++) {
    dispatch.mockClear();
    await next();
    const names = dispatch.mock.calls.map(([{ program }]) => program.label);
    if (names.some((name) => name.startsWith('embedding-forward'))) recorded++;
  }
  // At 101, 129 and 257 tokens.
  expect(recorded).toBe(6);
});
