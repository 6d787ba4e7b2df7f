import { createDevice, type Device, ShapeError } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { fill } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import type { BenchCase, Workload } from './case.ts';
import { DeviceSlot } from './device-slot.ts';
import type { Progress } from './progress.ts';
import { terminalText } from './report/terminal-text.fixture.ts';
import { type BenchOptions, runCases } from './run-suites.ts';

const OPTIONS: BenchOptions = {
  budgetSeconds: null,
  hasPeaks: false,
  runs: 2,
  warmSeconds: 0,
  longRunMs: 60_000,
  host: {
    runtime: 'node',
    platform: 'linux',
    cpu: null,
    cores: 2,
    memoryBytes: null,
    commit: null,
    isDirty: null,
  },
};

/** Fills 64 numbers with 1; its twin says `expected`. */
const ones =
  (expected: number) =>
  (device: Device): Workload => ({
    run() {
      const y = device.empty([64]);
      fill(y, 1);
      return { y };
    },
    expected: () => ({ y: { values: new Float64Array(64).fill(expected), bound: 0 } }),
    counts: () => ({ flops: 0, bytes: 256 }),
    dispose() {},
  });

const caseOf = (
  op: string,
  build: (device: Device) => Workload,
  flops = 1,
  names = ['only'],
): BenchCase => ({
  suite: 'test',
  op,
  mode: 'forward',
  dims: { size: 64 },
  flops,
  inputs: 'none',
  variants: names.map((name) => ({ name, build })),
});

gpuSuite('runCases', () => {
  const runAll = async (cases: readonly BenchCase[], options: Partial<BenchOptions> = {}) => {
    const slot = await DeviceSlot.open(() => createDevice());
    try {
      return await runCases(slot, cases, { ...OPTIONS, ...options });
    } finally {
      slot.device.dispose();
    }
  };

  test('a case that does not fit, or fails, is reported and the others go on', async () => {
    const huge = (device: Device): Workload => {
      device.empty([2 ** 40]);
      return ones(1)(device);
    };
    const broken = (): Workload => {
      throw new ShapeError('broken: expected a test.');
    };
    const soFar: (readonly string[])[] = [];
    const cases = [
      caseOf('huge', huge),
      caseOf('broken', broken),
      caseOf('good', ones(1)),
      caseOf('wrong', ones(2)),
    ];
    const report = await runAll(cases, {
      onReport: ({ notRun }) => soFar.push(notRun.cases.map((id) => id.split('/')[0] ?? '')),
    });
    expect(soFar).toEqual([['broken', 'good', 'wrong'], ['good', 'wrong'], ['wrong'], []]);
    expect(report.cases.map(({ op }) => op)).toEqual(['good', 'wrong']);
    expect(report).toMatchObject({ failed: 1, refused: [{ case: 'wrong/forward size64' }] });
    expect(report.cases[1]?.variants[0]).toMatchObject({ timing: null, counts: null });
    expect(report.notMeasured).toEqual([
      {
        kind: 'did-not-fit',
        runner: 'vulpes',
        case: 'huge/forward size64',
        why: expect.stringMatching(/\d/),
      },
      {
        kind: 'failed',
        runner: 'vulpes',
        case: 'broken/forward size64',
        why: 'broken: expected a test.',
      },
    ]);
    expect(terminalText(report)).toMatch(/^not measured:\n {2}\S.*\n {2}\S/m);
  });

  test('over the time budget the largest cases go first, and the report keeps the order of the suite', async () => {
    const report = await runAll(
      [
        caseOf('largest', ones(1), 1e15, ['a', 'b']),
        caseOf('middle', ones(1), 2),
        caseOf('small', ones(1), 1),
      ],
      { budgetSeconds: 30 },
    );
    expect(report.cases.map(({ op }) => op)).toEqual(['middle', 'small']);
    expect(report.notMeasured).toMatchObject([
      {
        kind: 'left-out',
        case: 'largest/forward size64',
        why: expect.stringMatching(/^it needs about \d+ s, \d+ s were left$/),
      },
    ]);
    const { runs, warmSeconds, longRunMs } = OPTIONS;
    expect(report.settings).toEqual({
      suites: ['test'],
      ...{ caseText: null, maxTokens: null, presets: null, adapter: null, kernels: null },
      ...{ runs, warmSeconds, longRunMs, budgetSeconds: 30 },
    });
  });

  test('says what it does and how long the rest takes: by the cases that ended, or by the budget', async () => {
    const slow = (device: Device): Workload => {
      const start = performance.now();
      while (performance.now() - start < 300);
      return ones(1)(device);
    };
    const cases = [caseOf('a', slow), caseOf('b', ones(1), 2), caseOf('c', ones(1), 3)];
    const toldBy = async (options: Partial<BenchOptions>) => {
      const [doing, told]: [string[], Progress[]] = [[], []];
      await runAll(cases, {
        ...options,
        onDoing: (what) => doing.push(what),
        onProgress: (at) => told.push(at),
      });
      const first = (op: string) => told.find(({ caseId }) => caseId.startsWith(op)) as Progress;
      return { doing, told, firsts: ['a', 'b', 'c'].map(first) };
    };
    const { doing, told, firsts } = await toldBy({});
    expect(doing).toEqual([]);
    expect(firsts.map(({ casesDone }) => casesDone)).toEqual([0, 1, 2]);
    expect(firsts[0]?.leftMs).toBeNull();
    const [, second, third] = firsts as [Progress, Progress, Progress];
    expect(second.leftMs).toBeGreaterThan(second.spentMs); // one ended, two are left
    expect(third.leftMs).toBeLessThan(third.spentMs); // two ended, one is left
    const spent = told.map(({ spentMs }) => spentMs);
    expect(spent).toEqual([...spent].sort((a, b) => a - b));
    const byBudget = await toldBy({ budgetSeconds: 30, hasPeaks: true });
    expect(byBudget.doing).toEqual(['measuring the peaks of the adapter']);
    // Nothing has run: two seconds beside its runs are taken for each.
    expect(byBudget.firsts[0]?.leftMs).toBeGreaterThan(5000);
    expect(byBudget.firsts[0]?.leftMs).toBeLessThanOrEqual(30_000);
  });
});
