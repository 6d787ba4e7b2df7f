import { gpuSuite, readmeExamples } from '@vulpes/tensor-core/testing';
import { expect, test, vi } from 'vitest';
import { forgettingAttention } from './index.ts';

gpuSuite('README', (suiteDevice) => {
  test('the example runs', async () => {
    const log = vi.spyOn(console, 'log').mockReturnValue();
    const device = suiteDevice();
    // example
    const [batch, tokens, heads, headDim] = [1, 128, 4, 64];
    const shape = [batch, tokens, heads, headDim];
    const random = (size: number) => Float32Array.from({ length: size }, () => Math.random() - 0.5);
    const [q, k, v] = [1, 2, 3].map(() => device.tensor(random(tokens * heads * headDim), shape));
    const logFgate = device.tensor(new Float32Array(tokens * heads).fill(-0.1), [
      batch,
      tokens,
      heads,
    ]);
    const out = forgettingAttention(q!, k!, v!, logFgate); // [B, T, H, D]
    console.log(out.shape, (await out.data()).length); // [1, 128, 4, 64] 32768
    // end of example
    expect(log).toHaveBeenCalledWith([1, 128, 4, 64], 128 * 4 * 64);
    log.mockRestore();
  });
});

test('the README shows the example that runs here', () => {
  const { run, shown } = readmeExamples(import.meta.url);
  expect(run).toHaveLength(1);
  expect(run).toEqual(shown);
});
