// The pure choices behind a matmul launch: blocks, tiles, splits, memory, and the generated text.

import { makeCaps } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { assemble } from '../../assemble.ts';
import { planMatmul } from './launch.ts';
import { selectTiledSpec, tiledWorkgroupBytes } from './matmul.tiled.kernel.ts';
import { planTiles, selectScalarBlock, TILES } from './plan.ts';
import { scalarMatmulSource } from './scalar-source.ts';
import { largeTiledSource } from './tiled-source.ts';
import { matmulVariants } from './variants.ts';
import { kPerSplit, productClocks } from './waves.ts';

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
  expect(splits(128, 128, 65536, 'tiled')).toBeGreaterThan(32);
  expect(splits(4096, 4096, 4096, 'tiled')).toBe(1);
  for (const k of [511, 512, 515, 1030, 4097, 99_999])
    for (const name of ['tiled', 'scalar']) {
      const count = splits(1, 1, k, name);
      expect(kPerSplit(k, count) * count).toBeGreaterThanOrEqual(k);
      expect(kPerSplit(k, count) * (count - 1), `K=${k}: the last split is empty`).toBeLessThan(k);
    }
});

test('a wave that is not full costs as much as its fullest core', () => {
  const clocks = (tilesM: number) =>
    productClocks({ m: tilesM * 128, n: 128, k: 768, batch: 1 }, { tile: TILES.large, splits: 1 });
  expect(clocks(1)).toBe(clocks(132));
  expect(clocks(133)).toBe(clocks(264));
  expect(clocks(265)).toBe(clocks(264) + clocks(1));
  expect(clocks(132)).toBeGreaterThan(clocks(264) / 2);
});

test('tiles are as large as the product fills the waves of a GPU with', () => {
  const plan = (m: number, n: number, k: number) => {
    const { tile, splits } = planTiles({ m, n, k, batch: 1, transposeA: false });
    return `${tile.tileM} ${splits}`;
  };
  expect([plan(16384, 3072, 768), plan(16384, 768, 768), plan(8192, 50257, 768)]).toEqual(
    Array(3).fill('128 1'),
  );
  expect([
    plan(768, 768, 16384),
    plan(3072, 768, 16384),
    plan(2048, 768, 768),
  ]).toMatchInlineSnapshot(`
    [
      "128 7",
      "128 11",
      "128 4",
    ]
  `);
  expect([plan(16384, 12, 768), plan(12, 768, 16384), plan(40, 24, 33)]).toMatchInlineSnapshot(`
    [
      "64 1",
      "32 11",
      "32 1",
    ]
  `);
});

test('the generated loop of a 128x128 tile, A as stored and B transposed', () => {
  const source = largeTiledSource({ transposeA: false, transposeB: true, alignedC: false });
  // A slice; the other three are the same but for literals.
  expect(source.slice(0, source.indexOf('p_7_0 = fma'))).toMatchSnapshot();
});

test('tiles stay within the portable limits', () => {
  for (const m of [1, 64, 4096])
    for (const n of [1, 64, 4096])
      for (const transposeA of [false, true])
        for (const transposeB of [false, true]) {
          const dims = planMatmul(
            { ...launch, m, n, k: 100, transposeA, transposeB },
            toVariant('tiled'),
            caps,
          );
          const spec = selectTiledSpec(dims, planTiles(dims).tile);
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
