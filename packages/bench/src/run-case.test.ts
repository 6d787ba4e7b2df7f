import type { Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { defineKernel } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import type { BenchCase, Dims, Workload } from './case.ts';
import type { Summary } from './clocks/statistics.ts';
import { summary } from './clocks/summary.fixture.ts';
import type { Phase } from './clocks/time-contenders.ts';
import type { GateReport } from './gate.ts';
import { buildReport, withRows } from './report/report.ts';
import { terminalText } from './report/terminal-text.fixture.ts';
import { runCase } from './run-case.ts';

const double = defineKernel({
  name: 'bench-test-double',
  source: `
struct Params { size: u32 }
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < params.size) { y[id.x] = 2.0 * x[id.x]; }
}`,
  bindings: ['x:read', 'y:write'],
  params: ['size:u32'],
  select: (_dims: { size: number }) => ({}),
  grid: ({ size }) => [Math.ceil(size / 64), 1, 1],
});

/** y = 2x, `launches` times over; its twin claims `factor`. */
const workload =
  (launches: number, factor: number) =>
  (device: Device, { size = 1 }: Dims): Workload => {
    const x = device.tensor(new Float32Array(size).fill(1.5), [size]);
    return {
      run() {
        const y = device.empty([size]);
        for (let i = 0; i < launches; i++) {
          double.run(device, { dims: { size }, tensors: { x, y }, params: { size } });
        }
        return { y };
      },
      expected: () => ({ y: { values: new Float64Array(size).fill(1.5 * factor), bound: 1e-6 } }),
      counts: () => ({ flops: size * launches, bytes: 8 * size, keptBlocks: 1, causalBlocks: 4 }),
      dispose: () => x.dispose(),
    };
  };

const testCase = (...variants: BenchCase['variants']): BenchCase => ({
  suite: 'test',
  op: 'double',
  mode: 'forward',
  dims: { size: 4096 },
  gateDims: { size: 100 },
  inputs: 'all 1.5',
  variants,
});

const right = { name: 'right', build: workload(1, 2) };
const longer = { name: 'longer', build: workload(30, 2) };
const wrong = { name: 'wrong', build: workload(1, 3) };
const SETTINGS = { runs: 4, warmSeconds: 0, longRunMs: 60_000 };

const PEAKS = {
  compute: { flops: 50e9, ms: summary(1.25) },
  memory: { bytes: 2e9, ms: summary(1.25) },
};
const HOST = {
  runtime: 'node',
  platform: 'linux',
  cpu: null,
  cores: 2,
  memoryBytes: null,
  commit: null,
  isDirty: null,
};
const CONTENT = {
  settings: {
    suites: ['test'],
    ...SETTINGS,
    ...{ caseText: null, maxTokens: null, presets: null, adapter: null, kernels: null },
    budgetSeconds: null,
  },
  peaks: PEAKS,
  comparisons: [],
  notMeasured: [
    { kind: 'did-not-fit', runner: 'vulpes', case: 'larger', why: 'too large' },
  ] as const,
  notRun: { cases: [], yardsticks: [] },
  failed: 0,
  elapsedMs: 1,
};

const reportOf = async (...given: Parameters<typeof runCase>) => (await runCase(...given)).report;

gpuSuite('runCase', (device) => {
  test('times green variants by both clocks, against the first', async () => {
    const { id, variants } = await reportOf(device(), testCase(right, longer), SETTINGS);
    expect(id).toBe('double/forward size4096');
    const [first, second] = variants;
    for (const { timing, gate } of variants) {
      expect(gate).toMatchObject({ isOk: true, dims: { size: 100 } });
      expect(timing?.wallMs.runs).toBe(4);
      expect(timing?.wallMs.p10).toBeLessThanOrEqual(timing?.wallMs.p90 as number);
    }
    expect(first?.timing?.speedup).toMatchObject({ median: 1, p10: 1, p90: 1 });
    expect(second?.timing?.speedup.median).toBeLessThan(1);
    expect(first?.counts).toMatchObject({ dispatches: 1, prunedShare: 0.75, flops: 4096 });
    expect(first?.counts?.peakBytes).toBeGreaterThanOrEqual(4096 * 4);
    expect(second?.counts?.dispatches).toBe(30);
    if (device().caps.features.timestampQuery) {
      expect(second?.timing?.kernels).toMatchObject([{ label: 'bench-test-double', launches: 30 }]);
    }
  });

  test('refuses a red variant: no times, no counts, and the next one becomes the baseline', async () => {
    const { variants } = await reportOf(device(), testCase(wrong, right), SETTINGS);
    expect(variants[0]).toMatchObject({ name: 'wrong', timing: null, counts: null });
    expect(variants[0]?.gate).toMatchObject({
      isOk: false,
      checks: [{ output: 'y', isOk: false }],
    });
    expect(variants[1]?.timing?.speedup.median).toBe(1);
  });

  test('refuses a twin that checks nothing', async () => {
    const unchecked = (on: Device, dims: Dims) => ({
      ...workload(1, 2)(on, dims),
      expected: () => ({}),
    });
    const { variants } = await reportOf(
      device(),
      testCase({ name: 'unchecked', build: unchecked }),
      SETTINGS,
    );
    expect(variants[0]?.gate.isOk).toBe(false);
  });

  test('refuses a variant that is right at the gate and wrong at the timed size', async () => {
    const last = (on: Device, dims: Dims, factor: number): Workload => ({
      ...workload(1, 2)(on, dims),
      sample: () => ({
        y: { values: [1.5 * factor], indices: [(dims.size as number) - 1], bound: 1e-6 },
      }),
    });
    const before = device().memory.liveTensors;
    const { variants } = await reportOf(
      device(),
      testCase(
        { name: 'late', build: (on, dims) => last(on, dims, 3) },
        { name: 'sampled', build: (on, dims) => last(on, dims, 2) },
      ),
      SETTINGS,
    );
    expect(variants[0]).toMatchObject({ timing: null, counts: null });
    expect(variants[0]?.gate).toMatchObject({
      isOk: false,
      dims: { size: 100 },
      checks: [{ isOk: true }, { output: 'y', isOk: false, dims: { size: 4096 } }],
    });
    expect(variants[1]?.gate).toMatchObject({ isOk: true, checks: [{}, { dims: { size: 4096 } }] });
    expect(variants[1]?.timing?.wallMs.runs).toBe(4);
    const same = { ...testCase({ name: 'whole', build: (on, dims) => last(on, dims, 3) }) };
    const whole = await reportOf(device(), { ...same, gateDims: same.dims }, SETTINGS);
    expect(whole.variants[0]?.gate.checks).toHaveLength(1);
    expect(device().memory.liveTensors).toBe(before);
  });

  test.each([
    ['preset', { preset: 'b' }],
    ['mode', { mode: 'step' as const }],
    ['op', { op: 'triple' }],
    ['gate sizes', { gateDims: { size: 99 } }],
  ])('a check is shared by cases that differ in length alone, not in %s', async (_, change) => {
    const gates = new Map<string, GateReport>();
    let checks = 0;
    const counted = (on: Device, dims: Dims): Workload => {
      const real = workload(1, 2)(on, dims);
      const expected = () => {
        checks++;
        return real.expected();
      };
      return { ...real, expected };
    };
    const dims = { B: 1, T: 1, size: 4096 };
    const first = { ...testCase({ name: 'counted', build: counted }), preset: 'a', dims };
    for (const one of [first, { ...first, dims: { ...dims, T: 2 } }, { ...first, ...change }]) {
      await runCase(device(), one, SETTINGS, { gates });
    }
    expect(checks).toBe(2);
  });

  test('tells its progress, and leaves no tensor behind', async () => {
    const phases: [Phase, number, number][] = [];
    const before = device().memory.liveTensors;
    await runCase(device(), testCase(right), SETTINGS, {
      onPhase: (...phase) => phases.push(phase),
    });
    expect(phases[0]).toEqual(['check', 0, 1]);
    expect(phases.at(-1)).toEqual(['time', 3, 4]);
    expect(device().memory.liveTensors).toBe(before);
  });

  test('the report says what its times are good for', async () => {
    const cases = [await reportOf(device(), testCase(right, wrong), SETTINGS, { peaks: PEAKS })];
    const created = new Date(0);
    const report = (isSoftware: boolean) =>
      buildReport(
        { ...CONTENT, cases, machine: { ...device().caps, isSoftware, host: HOST } },
        created,
      );
    const software = report(true);
    expect(software).toMatchObject({
      schema: 'vulpes-bench/4',
      createdAt: '1970-01-01T00:00:00.000Z',
      timesAre: 'ratios',
      refused: [{ case: 'double/forward size4096', variant: 'wrong', output: 'y', bound: 1e-6 }],
      machine: { host: HOST, isSoftware: true },
    });
    expect(JSON.parse(JSON.stringify(software))).toEqual(software);
    const text = terminalText(software);
    expect(text).toContain('say nothing about a GPU');
    expect(text).toMatch(/right +ok exact +4 +1\.00× /);
    expect(text).toMatch(/wrong +REFUSED: y 3\.3e-1 > 0\.000001/);
    expect(text).not.toContain(' ms');
    expect(text).toContain('not measured:\n  vulpes, larger: did not fit: too large');
    expect(terminalText(report(false))).toMatch(/GPU ms.*measured peaks: 50\.0 TFLOP/s);
  });

  test('rows of a yardstick stand beside ours', async () => {
    const report = await reportOf(device(), testCase(right), SETTINGS);
    const ours = report.variants[0]?.timing?.wallMs as Summary;
    const row = {
      suite: 'test',
      case: report.id,
      variant: 'right',
      runner: 'other',
      wallMs: { ...ours, median: 3 * ours.median },
      gpuMs: null,
    };
    const compared = withRows(
      buildReport(
        { ...CONTENT, machine: { ...device().caps, host: HOST }, cases: [report] },
        new Date(0),
      ),
      {
        comparisons: [row],
        notMeasured: [{ kind: 'unsupported', runner: 'other', case: 'b', why: 'cannot' }],
      },
    );
    expect(terminalText(compared)).toMatch(
      /double\/forward size4096 +right +other +4 +- +- +3\.00×/,
    );
    expect(terminalText(compared)).toContain('other, b: cannot');
  });
});
