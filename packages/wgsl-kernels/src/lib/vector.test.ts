import { describe, expect, test } from 'vitest';
import { lanesPerRow, threadGrid, vectorType, vectorWidth } from './vector.ts';

describe('vector', () => {
  test('loads four elements at once only where no row has a rest', () => {
    expect([1, 4, 63, 64, 111].map(vectorWidth)).toEqual([1, 4, 1, 4, 1]);
    expect(vectorType(vectorWidth(64))).toBe('vec4<f32>');
    expect(vectorType(vectorWidth(63))).toBe('f32');
    expect([1, 4].map((width) => vectorType(width as 1 | 4, 'f16'))).toEqual(['f16', 'vec4<f16>']);
  });

  test('shares a row between a power of two of threads, no more than a workgroup', () => {
    expect([1, 4, 5, 16, 192, 4096].map((vectors) => lanesPerRow(vectors, 128))).toEqual([
      1, 1, 2, 4, 64, 128,
    ]);
  });

  test('folds large grids', () => {
    expect(threadGrid(1, 64)).toEqual([1, 1, 1]);
    expect(threadGrid(65, 64)).toEqual([2, 1, 1]);
    const [x, y] = threadGrid(50257 * 768, 64);
    expect(x).toBeLessThanOrEqual(65535);
    expect(x * y * 64).toBeGreaterThanOrEqual(50257 * 768);
  });
});
