import { expect, test } from 'vitest';
import {
  type CaseTime,
  caseTimes,
  formatRegressions,
  pairRounds,
  type Regression,
  slowerThan,
} from './regression.ts';

const GPU = { isSoftware: false };

/** One run of a side: wall-clock times by name; GPU times where they are given. */
const round = (wall: Record<string, number>, gpu: Record<string, number> = {}): CaseTime[] =>
  Object.entries(wall).map(([name, wallMs]) => ({
    case: name,
    variant: 'only',
    wallMs,
    fastestMs: wallMs / 2,
    gpuMs: gpu[name] ?? null,
  }));

test('ratios of paired rounds, head over base, in the order of head', () => {
  const base = [round({ b: 4, a: 10 }), round({ b: 4, a: 20 })];
  const head = [round({ a: 11, b: 2 }), round({ a: 18, b: 2 })];
  const paired = pairRounds(base, head, GPU);
  expect(paired.rows.map((row) => row.case)).toEqual(['a', 'b']);
  expect(paired.rows[0]?.ratio.median).toBeCloseTo(1, 12);
  expect(paired.rows[0]?.ratio).toMatchObject({ runs: 2, min: 0.9 });
  expect(paired.rows[0]?.ratio.p90).toBeCloseTo(1.08, 12);
  expect(paired.rows[1]?.ratio.median).toBe(0.5);
  expect(formatRegressions(paired, null).split('\n')).toEqual([
    'case    head / base (p10-p90)  clock  rounds',
    'a only  1.000 (0.920-1.080)    wall   2',
    'b only  0.500 (0.500-0.500)    wall   2',
  ]);
});

test('GPU time is held against GPU time, never against the wall clock', () => {
  const ratioOf = (base: CaseTime[][], head: CaseTime[][]) => pairRounds(base, head, GPU).rows[0];
  const withGpu = [round({ a: 10 }, { a: 1 }), round({ a: 10 }, { a: 1 })];
  const faster = [round({ a: 8 }, { a: 0.25 }), round({ a: 8 }, { a: 0.25 })];
  expect(ratioOf(withGpu, faster)).toMatchObject({ clock: 'gpu', ratio: { median: 0.25 } });
  const half = [round({ a: 8 }, { a: 0.25 }), round({ a: 8 })];
  for (const [base, head] of [
    [withGpu, half],
    [[round({ a: 10 }), round({ a: 10 })], faster],
  ] as const) {
    expect(ratioOf([...base], [...head])).toMatchObject({ clock: 'wall', ratio: { median: 0.8 } });
  }
});

test('what only one side has, or not every round, is named', () => {
  const base = [round({ a: 1, old: 1, late: 1 }), round({ a: 1, old: 1, late: 1 })];
  const head = [round({ a: 1, fresh: 1, late: 1 }), round({ a: 1, fresh: 1, rare: 1 })];
  const paired = pairRounds(base, head, GPU);
  expect(paired).toMatchObject({
    rows: [{ case: 'a', variant: 'only' }],
    onlyBase: ['old only'],
    onlyHead: ['fresh only'],
    notInEveryRound: ['late only', 'rare only'],
  });
  expect(formatRegressions(paired, null).split('\n').slice(2)).toEqual([
    'only in base: old only',
    'only in head: fresh only',
    'not in every round: late only',
    'not in every round: rare only',
  ]);
});

test('a limit is broken above it by the median, where nine of ten rounds took longer', () => {
  const row = (name: string, median: number, p10: number): Regression => ({
    case: name,
    variant: 'v',
    clock: 'wall',
    ratio: { runs: 5, median, p10, p90: 9, min: 0.5 },
    baseMs: [],
    headMs: [],
  });
  // Unchanged code on a loaded machine gave the last one.
  const rows = [
    row('at', 1.1, 1.05),
    row('above', 1.1001, 1.0001),
    row('below', 1.0999, 1.09),
    row('noisy', 3.376, 0.555),
  ];
  expect(slowerThan(rows, 1.1).map((one) => one.case)).toEqual(['above']);
  const told = (some: Regression[], limit: number) =>
    formatRegressions({ rows: some, onlyBase: [], onlyHead: [], notInEveryRound: [] }, limit).split(
      '\n',
    );
  expect(told(rows, 1.1).slice(5)).toEqual([
    '1 of 4 took more than 1.1 times the base: above v.',
    'too noisy to tell: noisy v. Free the machine, or ask for more --rounds.',
  ]);
  expect(told(rows, 1.2).slice(5)).toEqual([
    'too noisy to tell: noisy v. Free the machine, or ask for more --rounds.',
  ]);
  expect(told(rows, 4).slice(5)).toEqual(['No case took more than 4 times the base.']);
});

test('a software adapter is held by its fastest runs, and the times of each round are kept', () => {
  const timed = (wallMs: number, fastestMs: number): CaseTime[] => [
    { case: 'a', variant: 'v', wallMs, fastestMs, gpuMs: null },
  ];
  const [base, head] = [
    [timed(4, 0.5), timed(0.75, 0.5)],
    [timed(1, 0.5), timed(4, 0.625)],
  ];
  expect(pairRounds(base, head, { isSoftware: true }).rows).toEqual([
    {
      case: 'a',
      variant: 'v',
      clock: 'fastest',
      ratio: expect.objectContaining({ runs: 2, min: 1, median: 1.125 }),
      baseMs: [0.5, 0.5],
      headMs: [0.5, 0.625],
    },
  ]);
  expect(pairRounds(base, head, GPU).rows[0]).toMatchObject({
    clock: 'wall',
    baseMs: [4, 0.75],
    headMs: [1, 4],
  });
});

test('nothing in common', () => {
  expect(() => pairRounds([round({ a: 1 })], [round({ b: 1 })], GPU)).toThrow(
    /^bench --base: the base has none of the cases that ran here/,
  );
});

test('times of a report: median of both clocks, refused variants left out', () => {
  const report = {
    cases: [
      {
        id: 'matmul/forward M1',
        variants: [
          { name: 'nn', timing: { wallMs: { median: 3, min: 1.5 }, gpuMs: { median: 2 } } },
          { name: 'nt', timing: { wallMs: { median: 4, min: 2.5 }, gpuMs: null } },
          { name: 'tn', timing: null },
        ],
      },
    ],
  };
  expect(caseTimes(report)).toEqual([
    { case: 'matmul/forward M1', variant: 'nn', wallMs: 3, fastestMs: 1.5, gpuMs: 2 },
    { case: 'matmul/forward M1', variant: 'nt', wallMs: 4, fastestMs: 2.5, gpuMs: null },
  ]);
});
