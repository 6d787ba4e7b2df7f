import { valueAndGrad } from '@vulpes/tensor-core';
import { gpuSuite, readmeExamples } from '@vulpes/tensor-core/testing';
import { expect, test, vi } from 'vitest';
import { add, linear, linearCrossEntropy, swiglu } from './index.ts';

gpuSuite('README', (suiteDevice) => {
  test('the example runs', async () => {
    const log = vi.spyOn(console, 'log').mockReturnValue();
    const device = suiteDevice();
    // example
    const [tokens, width, vocab] = [32, 64, 100];
    const small = () => 0.2 * Math.random() - 0.1;
    const random = (...shape: number[]) =>
      device.tensor(Float32Array.from({ length: shape[0]! * shape[1]! }, small), shape);
    const labels = device.tensor(new Int32Array(tokens).fill(7), [tokens]);
    const step = valueAndGrad(device, (p) => {
      const hidden = swiglu(linear(p.x!, p.up!)); // [T, W] -> [T, 2 W] -> [T, W]
      return { loss: linearCrossEntropy(add(p.x!, hidden), p.head!, labels).loss };
    });
    const params = {
      x: random(tokens, width),
      up: random(2 * width, width),
      head: random(vocab, width),
    };
    const { loss, grads } = step(params);
    console.log(await loss.data(), grads.up!.shape); // [nats a token] and [128, 64]
    // end of example
    const [nats, shape] = log.mock.lastCall as [Float32Array, number[]];
    expect(nats[0]).toBeGreaterThan(0);
    expect(nats[0]).toBeLessThan(10);
    expect(shape).toEqual([128, 64]);
    log.mockRestore();
  });
});

test('the README shows the example that runs here', () => {
  const { run, shown } = readmeExamples(import.meta.url);
  expect(run).toHaveLength(1);
  expect(run).toEqual(shown);
});
