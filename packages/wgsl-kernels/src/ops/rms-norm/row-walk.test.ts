import { describe, expect, test } from 'vitest';
import { rmsNormCases } from './rms-norm.cases.ts';
import { fitsWalk, walkGrid, walkParams, walkSpec } from './row-walk.ts';

describe('walks over rows', () => {
  const sizes = [
    ...rmsNormCases.map(({ dims }) => dims),
    { rows: 16384, columns: 768, weightRows: 1 },
    { rows: 16384 * 12, columns: 64, weightRows: 12 },
    { rows: 2 ** 21, columns: 1536, weightRows: 1 },
    { rows: 3 * 200_000, columns: 5, weightRows: 200_000 },
  ];

  test.each(sizes)('$rows rows of $columns under $weightRows weights: each once', (dims) => {
    const { outer_rows: outerRows, parts, steps } = walkParams(dims);
    const seen = new Set<number>();
    for (let part = 0; part < parts; part++) {
      for (let step = 0; step < steps; step++) {
        if (part + step * parts < outerRows) seen.add(part + step * parts);
      }
    }
    expect(seen.size).toBe(dims.rows / dims.weightRows);
    const [x, y] = walkGrid(dims, walkSpec(dims));
    const { WG_SIZE, LANES } = walkSpec(dims);
    expect(x * y * WG_SIZE).toBeGreaterThanOrEqual(parts * dims.weightRows * LANES);
    expect(Math.max(x, y)).toBeLessThanOrEqual(65535);
  });

  test('a 125M model on 16,384 tokens: 1,024 parts of 16 rows', () => {
    const dims = { rows: 16384, columns: 768, weightRows: 1 };
    expect(walkParams(dims)).toEqual({ outer_rows: 16384, columns: 192, parts: 1024, steps: 16 });
    expect(walkSpec(dims)).toEqual({ WG_SIZE: 128, LANES: 64, OWN: 3 });
  });

  test('rows beyond the registers of a workgroup are refused in words', () => {
    expect(fitsWalk({ columns: 16384 })).toBe(true);
    expect(fitsWalk({ columns: 4097 })).toMatch('rows of 4097 elements are longer');
  });
});
