import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { checkOutput } from '../check.ts';
import { matmulSuite } from './matmul.ts';

gpuSuite('the matmul suite', (device) => {
  /** Where the result is checked, of a product with a short inner dimension: that has no say in it. */
  async function checkedAt(M: number, N: number): Promise<number[]> {
    const { variants } = matmulSuite(device().caps)[0]!;
    const workload = await variants[0]!.build(device(), { M, N, K: 2 });
    const { c } = await workload.expected();
    workload.dispose();
    expect(c!.indices).toHaveLength(c!.values.length);
    return Array.from(c!.indices!);
  }

  test.each([
    [256, 256],
    [1024, 192],
    [7, 5],
    [3000, 4099],
  ])(
    'checks at least a thousand entries, once each and up to the last, of %i × %i',
    async (M, N) => {
      const indices = await checkedAt(M, N);
      expect(new Set(indices).size).toBe(indices.length);
      expect(indices.length).toBeGreaterThanOrEqual(Math.min(M * N, 1024));
      expect(indices).toContain(M * N - 1);
      expect(Math.max(...indices)).toBe(M * N - 1);
    },
  );

  const sizes = new Set(
    [true, false].flatMap((isSoftware) =>
      matmulSuite({ isSoftware }).map(({ dims: { M, N } }) => `${M} × ${N}`),
    ),
  );
  test.each([...sizes])(
    'checks every tile of 64 × 64, at places that differ, of %s',
    async (size) => {
      const [M = 0, N = 0] = size.split(' × ').map(Number);
      const indices = await checkedAt(M, N);
      const across = Math.ceil(N / 64);
      const tileOf = (index: number) =>
        Math.floor(Math.floor(index / N) / 64) * across + Math.floor((index % N) / 64);
      expect(new Set(indices.map(tileOf)).size).toBe(Math.ceil(M / 64) * across);
      const places = indices.map((index) => `${Math.floor(index / N) % 64} ${(index % N) % 64}`);
      expect(new Set(places).size).toBeGreaterThan(Math.min(64 * 64, indices.length) / 4);
    },
  );

  test('a product with a tile of the output missing is refused', async () => {
    const { variants } = matmulSuite(device().caps)[0]!;
    const [M, N] = [256, 192];
    const workload = await variants[0]!.build(device(), { M, N, K: 16 });
    const { c } = await workload.expected();
    const { c: product } = workload.run();
    const values = await product!.data();
    product!.dispose();
    workload.dispose();
    expect(checkOutput('c', values, c!).isOk).toBe(true);
    for (let row = 64; row < 128; row++) values.fill(0, row * N + 128, (row + 1) * N);
    expect(checkOutput('c', values, c!).isOk).toBe(false);
  });
});
