// The pure choices behind a matmul launch: blocks, tiles, splits, memory, and the generated text.

import { makeCaps } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { assemble } from '../../assemble.ts';
import { planMatmul } from './launch.ts';
import { selectTiledSpec, tiledWorkgroupBytes } from './matmul.tiled.kernel.ts';
import { kPerSplit, selectScalarBlock } from './plan.ts';
import { scalarMatmulSource } from './scalar-source.ts';
import { matmulVariants } from './variants.ts';

const sizes = (m: number, n: number, k: number, transposeA = false) => ({
  m,
  n,
  k,
  batch: 1,
  transposeA,
});
const blockName = (...args: Parameters<typeof sizes>) => {
  const { rows, cols } = selectScalarBlock(sizes(...args));
  return `${rows}x${cols}`;
};

test('register blocks follow the shape of C', () => {
  expect(blockName(512, 512, 512)).toBe('16x16');
  expect(blockName(4096, 384, 128)).toBe('16x16');
  expect(blockName(4096, 4, 128)).toBe('16x4');
  expect(blockName(4, 128, 4096, true)).toBe('4x16');
  expect(blockName(1, 50257, 768)).toBe('1x16');
  expect(blockName(1, 128, 4096, true)).toBe('4x16');
  expect(blockName(64, 64, 64)).toBe('4x4');
});

const toVariant = (name: string) =>
  matmulVariants.variants.find((variant) => variant.name === name)!;

const caps = makeCaps();
const launch = { a: null!, b: null!, c: null! };

test('K is split only where C gives too little work, into shares that cover it', () => {
  const splits = (m: number, n: number, k: number, name: string) =>
    planMatmul({ ...launch, m, n, k, transposeA: true }, toVariant(name), caps).splits;
  expect(splits(512, 512, 4096, 'scalar')).toBe(1);
  expect(splits(4, 128, 4096, 'scalar')).toBe(8);
  expect(splits(128, 128, 65536, 'tiled')).toBe(64);
  expect(splits(4096, 4096, 4096, 'tiled')).toBe(1);
  for (const k of [511, 512, 515, 1030, 4097, 99_999])
    for (const name of ['tiled', 'scalar']) {
      const count = splits(1, 1, k, name);
      expect(kPerSplit(k, count) * count).toBeGreaterThanOrEqual(k);
      expect(kPerSplit(k, count) * (count - 1), `K=${k}: the last split is empty`).toBeLessThan(k);
    }
});

test('tiles stay within the portable limits', () => {
  for (const m of [1, 64, 4096])
    for (const n of [1, 64, 4096])
      for (const transposeA of [false, true])
        for (const transposeB of [false, true]) {
          const spec = selectTiledSpec(
            planMatmul(
              { ...launch, m, n, k: 100, transposeA, transposeB },
              toVariant('tiled'),
              caps,
            ),
          );
          const threads = (spec.TILE_M / Number(spec.ROWS)) * (spec.TILE_N / Number(spec.COLS));
          expect(threads).toBeLessThanOrEqual(256);
          expect(tiledWorkgroupBytes(spec)).toBeLessThanOrEqual(16384);
        }
});

test('the generated loop of a 4x4 block, A as stored and B transposed', () => {
  const source = scalarMatmulSource({
    rows: 4,
    cols: 4,
    transposeA: false,
    transposeB: true,
    alignedC: true,
  });
  expect(assemble('register', source, {})).toMatchSnapshot();
});

test('the generated loop of a 4x4 block, A transposed', () => {
  const source = scalarMatmulSource({
    rows: 4,
    cols: 4,
    transposeA: true,
    transposeB: false,
    alignedC: false,
  });
  expect(assemble('register', source, {})).toMatchSnapshot();
});
