// The example of the README, run as it stands there.

import { readFileSync } from 'node:fs';
import { valueAndGrad } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import {
  createModel,
  foxPreset,
  generate,
  type LossInputs,
  loadModelFolder,
  memoryFileSystem,
  saveModelFolder,
} from './index.ts';

const blockOf = (text: string, from: string, to: string): string[] => {
  const start = text.indexOf(from) + from.length;
  const lines = text.slice(start, text.indexOf(to, start)).split('\n');
  return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('//'));
};

test('the README shows the lines below', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const source = readFileSync(new URL(import.meta.url), 'utf8');
  const shown = blockOf(readme, '```ts\n', '```');
  // The compiler has to be told what a reader sees: that one step has counts of a first layer.
  const run = blockOf(source, '// <example>\n', '// </example>').map((line) =>
    line.replace('aux!', 'aux').replace('pruningCounts[0]!', 'pruningCounts[0]'),
  );
  expect(run).toEqual(shown);
});

gpuSuite('README', (device_) => {
  test('the example runs', async () => {
    const device = device_();
    const files = memoryFileSystem();
    const ids = Int32Array.from({ length: 64 }, (_, i) => (i * 7) % 256);
    const inputIds = device.tensor(ids, [2, 32]);
    const labels = device.tensor(
      ids.map((id) => (id + 7) % 256),
      [2, 32],
    );
    // <example>
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
    // </example>
    // Fresh weights know nothing: the loss is near log 256.
    expect(nats).toBeCloseTo(Math.log(256), 0);
    expect(counts.length).toBe(2 * 2 * 2);
    expect(Object.keys(grads)).toEqual(Object.keys(params));
    expect(text.length).toBe(13);
  });
});
