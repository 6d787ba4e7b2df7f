import { expect, test } from 'vitest';
import { caseTimes, formatRegressions, pairRounds } from './regression.ts';

const round = (times: Record<string, number>) => new Map(Object.entries(times));

test('ratios of paired rounds, in the order of head', () => {
  const base = [round({ b: 4, a: 10, old: 1 }), round({ b: 4, a: 20, old: 1 })];
  const head = [round({ a: 11, b: 2, fresh: 1 }), round({ a: 18, b: 2, fresh: 1 })];
  const { rows, onlyBase, onlyHead } = pairRounds(base, head);
  expect(rows.map(({ name }) => name)).toEqual(['a', 'b']);
  expect(rows[0]?.ratio.median).toBeCloseTo(1, 12);
  expect(rows[0]?.ratio).toMatchObject({ runs: 2, min: 0.9 });
  expect(rows[1]?.ratio.median).toBe(0.5);
  expect([onlyBase, onlyHead]).toEqual([['old'], ['fresh']]);
  expect(formatRegressions(rows)).toContain('b     0.500 (0.500-0.500)    2');
});

test('nothing in common', () => {
  expect(() => pairRounds([round({ a: 1 })], [round({ b: 1 })])).toThrow(
    /^bench --base: the base has none of the cases that ran here/,
  );
});

test('times of a report: by GPU where there is one, refused variants left out', () => {
  const report = {
    cases: [
      {
        id: 'matmul/forward M1',
        variants: [
          { name: 'nn', timing: { wallMs: { median: 3 }, gpuMs: { median: 2 } } },
          { name: 'nt', timing: { wallMs: { median: 3 }, gpuMs: null } },
          { name: 'tn', timing: null },
        ],
      },
    ],
  };
  expect([...caseTimes(report)]).toEqual([
    ['matmul/forward M1 nn', 2],
    ['matmul/forward M1 nt', 3],
  ]);
});
