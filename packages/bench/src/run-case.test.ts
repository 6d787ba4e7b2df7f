import type { Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { defineKernel } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import type { BenchCase, Dims, Workload } from './case.ts';
import { buildReport } from './report.ts';
import { type Phase, runCase } from './run-case.ts';
import { formatReport } from './table.ts';

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
const SETTINGS = { runs: 4, warmups: 1 };

gpuSuite('runCase', (device) => {
  test('times green variants by both clocks, against the first', async () => {
    const { id, variants } = await runCase(device(), testCase(right, longer), SETTINGS);
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
      expect(second?.timing?.gpuMs?.runs).toBe(4);
      expect(second?.timing?.kernels).toMatchObject([{ label: 'bench-test-double', launches: 30 }]);
    }
  });

  test('refuses a red variant: no times, no counts, and the next one becomes the baseline', async () => {
    const { variants } = await runCase(device(), testCase(wrong, right), SETTINGS);
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
    const { variants } = await runCase(
      device(),
      testCase({ name: 'unchecked', build: unchecked }),
      SETTINGS,
    );
    expect(variants[0]?.gate.isOk).toBe(false);
  });

  test('tells its progress, and leaves no tensor behind', async () => {
    const phases: [Phase, number, number][] = [];
    const before = device().memory.liveTensors;
    await runCase(device(), testCase(right), SETTINGS, (...phase) => phases.push(phase));
    expect(phases[0]).toEqual(['check', 0, 1]);
    expect(phases.at(-1)).toEqual(['time', 3, 4]);
    expect(device().memory.liveTensors).toBe(before);
  });

  test('the report says what its times are good for', async () => {
    const cases = [await runCase(device(), testCase(right, wrong), SETTINGS)];
    const host = {
      runtime: 'node',
      platform: 'linux',
      cpu: null,
      cores: 2,
      memoryBytes: null,
      commit: null,
      isDirty: null,
    };
    const content = { settings: { suites: ['test'], ...SETTINGS }, cases, elapsedMs: 1 };
    const created = new Date(0);
    const report = (isSoftware: boolean) =>
      buildReport({ ...content, machine: { ...device().caps, isSoftware, host } }, created);
    const software = report(true);
    expect(software).toMatchObject({
      schema: 'vulpes-bench/1',
      createdAt: '1970-01-01T00:00:00.000Z',
      timesAre: 'ratios',
      refused: 1,
      machine: { host, isSoftware: true },
    });
    expect(JSON.parse(JSON.stringify(software))).toEqual(software);
    const text = formatReport(software);
    expect(text).toContain('say nothing about a GPU');
    expect(text).toMatch(/right +ok exact +1\.00x/);
    expect(text).toMatch(/wrong +REFUSED: y 3\.3e-1 > 0\.000001/);
    expect(text).not.toContain(' ms');
    expect(formatReport(report(false))).toContain('GPU ms');
  });
});
