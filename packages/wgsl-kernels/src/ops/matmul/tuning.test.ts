// Tuning tables: which products a row is for, what it changes, and which tables are refused.

import { ArgumentError, type MatmulTuning, type TuningTable } from '@vulpes/tensor-core';
import { makeCaps } from '@vulpes/tensor-core/testing';
import { describe, expect, test } from 'vitest';
import { listMatmulCandidates } from './candidates.ts';
import { matmulFingerprint } from './fingerprint.ts';
import { planMatmul } from './launch.ts';
import type { MatmulSizes } from './plan.ts';
import { chooseMatrixPlan, chooseTiledPlan } from './tuning.ts';
import { chooseMatmul } from './variants.ts';

const shape = { M: 16, N: 16, K: 16, threads: 32 };
const sizes = { batch: 1, m: 768, n: 768, k: 16384, transposeA: true, transposeB: false };
const halves = { ...sizes, dtypeA: 'f16', dtypeB: 'f16' } as const;

const row = (of: Partial<MatmulTuning> = {}): MatmulTuning => ({
  ...{ variant: 'matrix', form: 'tn', dtype: 'f16', m: 768, n: 768, k: 16384 },
  ...{ tile: 'small', splits: 3, microseconds: 1 },
  ...of,
});
const tableOf = (...matmul: MatmulTuning[]): TuningTable => ({
  ...{ adapter: 'any', kernels: matmulFingerprint(), matmul },
});

describe('a tuning table', () => {
  const plan = (of: MatmulSizes, table: TuningTable | null) => {
    const { tile, splits } = chooseMatrixPlan(of, shape, table);
    return `${tile.name} ${splits}`;
  };

  test('names tile and parts of K of its products, and of no others', () => {
    const table = tableOf(row());
    const model = plan(halves, null);
    expect(model).not.toBe('small 3');
    expect(plan(halves, table)).toBe('small 3');
    expect(plan({ ...halves, k: 12000 }, table), 'about as many tokens').toBe('small 3');
    for (const other of [{ k: 40000 }, { n: 776 }, { m: 760 }, { transposeB: true }, { batch: 2 }])
      expect(plan({ ...halves, ...other }, table)).toBe(plan({ ...halves, ...other }, null));
    const singles = { ...sizes, dtypeA: 'f32' } as const;
    expect(chooseTiledPlan(singles, table)).toEqual(chooseTiledPlan(singles, null));
  });

  test('counts the rows of A as tokens where it is not transposed', () => {
    const of = { ...halves, m: 16384, n: 3072, k: 768, transposeA: false, transposeB: true };
    const table = tableOf(row({ form: 'nt', m: 16384, n: 3072, k: 768, splits: 2 }));
    expect(plan({ ...of, m: 20000 }, table)).toBe('small 2');
    expect(plan({ ...of, m: 30000 }, table)).toBe(plan({ ...of, m: 30000 }, null));
  });

  test('leaves no part of K empty', () => {
    expect(plan({ ...halves, k: 16384 }, tableOf(row({ splits: 500 })))).toBe('small 256');
  });

  test('reaches a launch through the capabilities', () => {
    const caps = makeCaps({
      tuning: tableOf(row({ variant: 'tiled', dtype: 'f32', tile: 'medium', splits: 5 })),
    });
    const variant = chooseMatmul(caps, sizes);
    const dims = planMatmul(sizes, variant, caps);
    expect(dims.splits).toBe(5);
    expect(variant.selectKernel(dims, caps).plan(dims, caps).spec).toMatchObject({ TILE_M: 64 });
  });

  test('is refused where it is of other kernels, or names what does not exist', () => {
    const refuse = (table: TuningTable) => {
      expect(() => plan(halves, table)).toThrow(ArgumentError);
      return expect(() => plan(halves, table));
    };
    refuse({ ...tableOf(row()), kernels: 'old' }).toThrow('got one of others (old)');
    refuse(tableOf(row({ tile: 'huge' }))).toThrow('expected a tile of matmul.matrix (large');
    refuse(tableOf(row({ variant: 'scalar' }))).toThrow('expected variant matrix or tiled');
  });
});

test("candidates begin with the model's own choice", () => {
  const features = { f16: true, subgroups: true, subgroupMatrix: true, timestampQuery: true };
  const half = { componentType: 'f16', resultComponentType: 'f32', M: 16, N: 16, K: 16 };
  const caps = makeCaps({
    ...{ features, subgroupMatrixConfigs: [half], subgroupMinSize: 32, subgroupMaxSize: 32 },
    limits: { ...makeCaps().limits, maxComputeWorkgroupStorageSize: 32768 },
  });
  const [model, ...others] = listMatmulCandidates(halves, caps, 9);
  const { tile, splits } = chooseMatrixPlan(halves, shape, null);
  expect(model).toEqual({ variant: 'matrix', tile: tile.name, splits });
  expect(others.length).toBe(8);
  const [single] = listMatmulCandidates(sizes, caps, 9);
  expect(single).toMatchObject({ variant: 'tiled', tile: chooseTiledPlan(sizes, null).tile.name });
  const plain = { ...caps, variants: { matmul: 'scalar' } };
  expect(listMatmulCandidates(sizes, plain, 9)).toEqual([]);
});
