import { describe, expect, test } from 'vitest';
import { checkOutput } from './check.ts';

describe('checkOutput', () => {
  const values = [3, 4];

  test('measures RMS and largest error', () => {
    const check = checkOutput('y', Float32Array.of(3, 4.5), { values, bound: 0.2 });
    expect(check).toEqual({
      output: 'y',
      rmsErrorRatio: 0.1,

      bound: 0.2,
      isOk: true,
    });
  });

  test.each([
    ['is above the bound', Float32Array.of(3, 4.5), 0.05],
    ['has a NaN', Float32Array.of(3, Number.NaN), 1],
    ['has an infinity', Float32Array.of(Number.POSITIVE_INFINITY, 4), 1],
    ['has another length', Float32Array.of(3), 1],
    ['is missing', undefined, 1],
    ['is off by one where equality is asked', Int32Array.of(3, 5), 0],
  ])('refuses an output that %s', (_, actual, bound) => {
    expect(checkOutput('y', actual, { values, bound }).isOk).toBe(false);
  });

  test('compares the elements that the reference names, and only those', () => {
    const chosen = { values, indices: [2, 0], bound: 0 };
    expect(checkOutput('y', Float32Array.of(4, 9, 3), chosen).isOk).toBe(true);
    expect(checkOutput('y', Float32Array.of(4, 9, 5), chosen).isOk).toBe(false);
    expect(checkOutput('y', Float32Array.of(4, 9), chosen).isOk).toBe(false);
  });

  test('a bound of 0 accepts equality, also of zeros', () => {
    expect(checkOutput('y', Int32Array.of(3, 4), { values, bound: 0 }).isOk).toBe(true);
    expect(checkOutput('y', Int32Array.of(0, 0), { values: [0, 0], bound: 0 }).isOk).toBe(true);
    expect(checkOutput('y', Int32Array.of(0, 1), { values: [0, 0], bound: 0 }).isOk).toBe(false);
  });
});
