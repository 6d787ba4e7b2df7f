import { createDevice, type Device, ShapeError } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { fill } from '@vulpes/wgsl-kernels';
import { afterEach, expect, test, vi } from 'vitest';
import type { BenchCase, Workload } from './case.ts';
import { type BenchOptions, type Progress, runCases } from './run-cases.ts';

afterEach(() => vi.restoreAllMocks());

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
    commit: null,
    isDirty: null,
  },
};

/** Fills 64 numbers with 1; its reference says `expected`. */
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
    const devices = {
      device: await createDevice(),
      async renew() {
        devices.device.dispose();
        devices.device = await createDevice();
      },
    };
    try {
      return await runCases(devices, cases, { ...OPTIONS, ...options });
    } finally {
      devices.device.dispose();
    }
  };

  test('a case that does not fit, or fails, is in the report, and the others run', async () => {
    const huge = (device: Device): Workload => {
      device.empty([2 ** 40]);
      return ones(1)(device);
    };
    const broken = (): Workload => {
      throw new ShapeError('broken: expected a test.');
    };
    const soFar: number[] = [];
    const cases = [
      caseOf('huge', huge),
      caseOf('broken', broken),
      caseOf('good', ones(1)),
      caseOf('wrong', ones(2)),
    ];
    const report = await runAll(cases, {
      onReport: ({ cases, notMeasured }) => soFar.push(cases.length + notMeasured.length),
    });
    expect(soFar).toEqual([1, 2, 3, 4]);
    expect(report.cases.map(({ op }) => op)).toEqual(['good', 'wrong']);
    expect(report).toMatchObject({
      failed: 1,
      failedChecks: [expect.stringMatching(/^wrong\/forward size64 only: y /)],
    });
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
  });

  test('no case starts when the time is up; the smallest of each suite run first', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 0.001));
    const started: string[] = [];
    const takes = (op: string, seconds: number) => (device: Device) => {
      started.push(op);
      now += 500 * seconds; // built twice: for the check and for timing
      return ones(1)(device);
    };
    const cases = [
      caseOf('largest', takes('largest', 1), 1e15),
      caseOf('middle', takes('middle', 8), 2),
      { ...caseOf('other', takes('other', 1), 9), suite: 'second' },
      caseOf('small', takes('small', 1), 1),
    ];
    const report = await runAll(cases, { budgetSeconds: 10 });
    expect([...new Set(started)]).toEqual(['small', 'other', 'middle']);
    expect(report.cases.map(({ op }) => op)).toEqual(['middle', 'other', 'small']);
    expect(report.notMeasured).toEqual([
      {
        kind: 'left-out',
        runner: 'vulpes',
        case: 'largest/forward size64',
        why: 'the time budget of 10 s was used up',
      },
    ]);
    const { runs, warmSeconds, longRunMs } = OPTIONS;
    expect(report.settings).toEqual({
      suites: ['test', 'second'],
      ...{ caseText: null, presets: null, adapter: null, kernels: null },
      ...{ runs, warmSeconds, longRunMs, budgetSeconds: 10 },
    });
  });

  test('reports its steps and its progress', async () => {
    const steps: string[] = [];
    const progress: Progress[] = [];
    await runAll([caseOf('a', ones(1)), caseOf('b', ones(1), 2)], {
      hasPeaks: true,
      onStep: (step) => steps.push(step),
      onProgress: (at) => progress.push(at),
    });
    expect(steps).toEqual(['measuring the peaks of the adapter']);
    expect(progress.map(({ casesDone, casesTotal }) => [casesDone, casesTotal])).toEqual([
      [0, 2],
      [1, 2],
    ]);
  });
});
