import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { matmulSuite } from './matmul.ts';

gpuSuite('the matmul suite', (device) => {
  test.each([
    [256, 256],
    [1024, 192],
    [7, 5],
    [3000, 4099],
  ])('checks entries of every column and up to the last, of %i × %i', async (M, N) => {
    const { variants } = matmulSuite(device().caps)[0]!;
    const workload = await variants[0]!.build(device(), { M, N, K: 2 });
    const { c } = await workload.expected();
    workload.dispose();
    const indices = Array.from(c!.indices!);
    expect(new Set(indices).size).toBe(c!.values.length);
    expect(indices.length).toBeGreaterThanOrEqual(Math.min(M * N, 1024));
    expect(indices.at(-1)).toBe(M * N - 1);
    if (indices.length > N) expect(new Set(indices.map((index) => index % N)).size).toBe(N);
  });
});
