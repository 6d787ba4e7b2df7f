// The examples of the README, run as they stand there.

import { reshape, valueAndGrad } from '@vulpes/tensor-core';
import { gpuSuite, readmeExamples } from '@vulpes/tensor-core/testing';
import { embedding, linearCrossEntropy, rmsNorm } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import {
  block,
  createModel,
  foxPreset,
  generate,
  type LossInputs,
  loadModelFolder,
  makeVisibility,
  memoryFileSystem,
  type Params,
  paramsBelow,
  saveModelFolder,
} from './index.ts';

test('the README shows the examples below', () => {
  const { run, shown } = readmeExamples(import.meta.url);
  expect(run).toHaveLength(2);
  expect(run).toEqual(shown);
});

gpuSuite('README', (suiteDevice) => {
  const makeBatch = () => {
    const ids = Int32Array.from({ length: 64 }, (_, i) => (i * 7) % 256);
    const inputIds = suiteDevice().tensor(ids, [2, 32]);
    const next = ids.map((id) => (id + 7) % 256);
    return { inputIds, labels: suiteDevice().tensor(next, [2, 32]) };
  };

  test('a model learns, is saved and generates', async () => {
    const device = suiteDevice();
    const files = memoryFileSystem();
    const { inputIds, labels } = makeBatch();
    // example
    const model = createModel(foxPreset('pro-nano'), device);
    const params = model.init(0); // seed; a plain record, official parameter names
    const lossAndGrads = valueAndGrad(device, (p, batch: LossInputs) => model.loss(p, batch));
    const { loss, aux, grads } = lossAndGrads(params, { inputIds, labels }); // i32 [B, T] each
    const nats = (await loss.data())[0];
    const counts = await aux!.pruningCounts[0]!.data(); // first layer: blocks kept, and causal, of each head

    const weights = await model.download(params);
    await saveModelFolder(files, 'run', { config: model.config, weights });
    const loaded = await loadModelFolder(files, 'run');
    const again = createModel(loaded.config, device);
    const text = await generate(again, again.upload(loaded.weights), {
      prompt: [72, 101, 108, 108, 111],
      maxNewTokens: 8,
      temperature: 0.8,
      topK: 40,
    });
    // end of example
    // Fresh weights know nothing: the loss is near log 256.
    expect(nats).toBeCloseTo(Math.log(256), 0);
    expect(counts.length).toBe(2 * 2 * 2);
    expect(Object.keys(grads)).toEqual(Object.keys(params));
    expect(text.length).toBe(13);
  });

  test('one block runs three times', async () => {
    const device = suiteDevice();
    const { inputIds, labels } = makeBatch();
    // example
    const config = foxPreset('pro-nano', { numHiddenLayers: 1 });
    const shared = createModel(config, device).init(0); // parameters of one block
    const [batch, length] = inputIds.shape as [number, number];
    const visibility = makeVisibility(device, { batch, length }, {}, config);
    const looped = valueAndGrad(device, (p: Params) => {
      let x = embedding(inputIds, p['model.embeddings.weight']!); // [B, T, h]
      for (let depth = 0; depth < 3; depth++) {
        const context = { config, ...visibility, countPruning: false };
        x = block(x, paramsBelow(p, 'model.layers.0'), context).output;
      }
      x = rmsNorm(x, p['model.norm.weight']!, { eps: config.normEps });
      const rows = reshape(x, [batch * length, config.hiddenSize]);
      return linearCrossEntropy(rows, p['lm_head.weight']!, reshape(labels, [batch * length]));
    });
    const result = looped(shared); // its loss, and gradients summed over the three passes
    // end of example
    expect((await result.loss.data())[0]).toBeCloseTo(Math.log(256), 0);
    const norm = Math.hypot(...(await result.grads['model.layers.0.attn.q_proj.weight']!.data()));
    expect(norm).toBeGreaterThan(0);
  });
});
