// The carried reference vectors: a folder from disk, its logits, losses, every gradient and greedy continuation.

import { readFileSync } from 'node:fs';
import { type Device, valueAndGrad } from '@vulpes/tensor-core';
import { expectMatch, gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { memoryFileSystem } from '../folder/file-system.ts';
import { loadModelFolder } from '../folder/load-folder.ts';
import { generate } from '../generate/generate.ts';
import type { Params } from '../parameters/params.ts';
import { referenceLogits } from '../reference/model.ts';
import { readSafetensors, tensorValues } from '../safetensors/index.ts';
import { createModel, type LossInputs } from './model.ts';
import { seqStartFromMask } from './padding.ts';

const readFixture = (name: string): Uint8Array =>
  readFileSync(new URL(`../../../../fixtures/models/frozen_fox_pro/${name}`, import.meta.url));
const folder = await loadModelFolder(
  memoryFileSystem({
    'config.json': readFixture('config.json'),
    'model.safetensors': readFixture('model.safetensors'),
  }),
  '',
);
const golden = readSafetensors(readFixture('golden.safetensors')).tensors;
const floats = (name: string) => tensorValues(golden.get(name)!) as Float32Array;
const ints = (name: string) => tensorValues(golden.get(name)!) as Int32Array;
const [batch, seqLen] = golden.get('input_ids')!.shape as [number, number];

test('the f64 reference still gives the frozen logits', () => {
  const weights = Object.fromEntries(
    Object.entries(folder.weights).map(([name, { data }]) => [name, data]),
  );
  const rows = Array.from({ length: batch }, (_, b) =>
    referenceLogits(folder.config, weights, {
      inputIds: ints('input_ids').subarray(b * seqLen, (b + 1) * seqLen),
    }),
  );
  const logits = rows.flat().flatMap((row) => [...row]);
  // Stored as f32.
  expectMatch('logits', logits, floats('logits'), 1e-7);
});

gpuSuite('frozen FoX (Pro)', (device) => {
  const makeInputs = (on: Device): LossInputs => ({
    inputIds: on.tensor(ints('input_ids'), [batch, seqLen]),
    labels: on.tensor(ints('labels'), [batch, seqLen]),
  });

  test.each([null, -10])(
    'log ε = %s: logits, losses and every gradient',
    async (logPruningTolerance) => {
      const model = createModel({ ...folder.config, logPruningTolerance }, device());
      const params = model.upload(folder.weights);
      const inputs = makeInputs(device());
      expectMatch(
        'logits',
        (await model.logits(params, inputs).data()) as Float32Array,
        floats('logits'),
        1e-5,
      );
      const step = valueAndGrad(device(), (p: Params, i: LossInputs) => model.loss(p, i));
      const { aux, grads } = step(params, inputs);
      const losses = (await aux?.lossPerToken.data()) as Float32Array;
      expectMatch('loss_per_token', losses, floats('loss_per_token'), 1e-5);
      expect(Object.keys(grads).length).toBe(model.parameterSpecs().length);
      for (const [name, grad] of Object.entries(grads)) {
        expectMatch(name, (await grad.data()) as Float32Array, floats(`grad.${name}`), 2e-5);
      }
    },
  );

  test('left padding', async () => {
    const model = createModel(folder.config, device());
    const params = model.upload(folder.weights);
    const starts = seqStartFromMask(ints('attention_mask'), { batch, seqLen });
    const seqStart = device().tensor(starts, [batch]);
    const logits = await model.logits(params, { ...makeInputs(device()), seqStart }).data();
    const vocab = folder.config.vocabSize;
    for (const [b, start] of starts.entries()) {
      const [from, to] = [(b * seqLen + start) * vocab, (b + 1) * seqLen * vocab];
      const expected = floats('logits_left_padded').subarray(from, to);
      expectMatch(`row ${b}`, (logits as Float32Array).subarray(from, to), expected, 1e-5);
    }
  });

  test.each([{}, { evict: false }, { useCache: false }])(
    'greedy continuation, %j',
    async (options) => {
      const model = createModel({ ...folder.config, logPruningTolerance: -10 }, device());
      const params = model.upload(folder.weights);
      const prompt = ints('greedy_32_from_32').subarray(0, 32);
      const tokens = await generate(model, params, { prompt, maxNewTokens: 32, ...options });
      expect([...tokens]).toEqual([...ints('greedy_32_from_32')]);
    },
  );
});
