import type { Device } from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { defineKernel } from '@vulpes/wgsl-kernels';
import { expect, test } from 'vitest';
import type { BenchCase, Dims, Workload } from './case.ts';
import { runCase } from './run-case.ts';
import type { CheckReport } from './schema.ts';

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
  select: (_dims: { size: number }) => ({}),
  grid: ({ size }) => [Math.ceil(size / 64), 1, 1],
});

/** y = 2x, `launches` times over; its reference says `factor`. */
const workload =
  (launches: number, factor: number) =>
  (device: Device, { size = 1 }: Dims): Workload => {
    const x = device.tensor(new Float32Array(size).fill(1.5), [size]);
    return {
      run() {
        const y = device.empty([size]);
        for (let i = 0; i < launches; i++) {
          double.run(device, { dims: { size }, tensors: { x, y } });
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
  checkDims: { size: 100 },
  inputs: 'all 1.5',
  variants,
});

const right = { name: 'right', build: workload(1, 2) };
const longer = { name: 'longer', build: workload(30, 2) };
const wrong = { name: 'wrong', build: workload(1, 3) };
const SETTINGS = { runs: 4, warmSeconds: 0, longRunMs: 60_000 };

gpuSuite('runCase', (device) => {
  test('times variants that pass, against the first', async () => {
    const { id, variants } = await runCase(device(), testCase(right, longer), SETTINGS);
    expect(id).toBe('double/forward size4096');
    const [first, second] = variants;
    for (const { timing, check } of variants) {
      expect(check).toMatchObject({ isOk: true, dims: { size: 100 } });
      expect(timing?.wallMs.runs).toBe(4);
      expect(timing?.wallMs.p10).toBeLessThanOrEqual(timing?.wallMs.p90 as number);
    }
    expect(first?.timing?.speedup).toMatchObject({ median: 1, p10: 1, p90: 1 });
    expect(second?.timing?.speedup.median).toBeGreaterThan(0);
    expect(first?.counts).toMatchObject({ dispatches: 1, prunedShare: 0.75, flops: 4096 });
    expect(first?.counts?.peakBytes).toBeGreaterThanOrEqual(4096 * 4);
    expect(second?.counts?.dispatches).toBe(30);
    if (device().caps.features.timestampQuery) {
      expect(second?.timing?.kernels).toMatchObject([{ label: 'bench-test-double', launches: 30 }]);
    }
  });

  test('a wrong variant has no times and no counts; the next one is the first', async () => {
    const { variants } = await runCase(device(), testCase(wrong, right), SETTINGS);
    expect(variants[0]).toMatchObject({ name: 'wrong', timing: null, counts: null });
    expect(variants[0]?.check).toMatchObject({
      isOk: false,
      outputs: [{ output: 'y', isOk: false }],
    });
    expect(variants[1]?.timing?.speedup.median).toBe(1);
  });

  test('a check of nothing fails', async () => {
    const unchecked = (on: Device, dims: Dims) => ({
      ...workload(1, 2)(on, dims),
      expected: () => ({}),
    });
    const { variants } = await runCase(
      device(),
      testCase({ name: 'unchecked', build: unchecked }),
      SETTINGS,
    );
    expect(variants[0]?.check.isOk).toBe(false);
  });

  test('a variant that is right at the checked size and wrong at the timed size', async () => {
    const last = (on: Device, dims: Dims, factor: number): Workload => ({
      ...workload(1, 2)(on, dims),
      sample: () => ({
        y: { values: [1.5 * factor], indices: [(dims.size as number) - 1], bound: 1e-6 },
      }),
    });
    const before = device().memory.liveTensors;
    const { variants } = await runCase(
      device(),
      testCase(
        { name: 'late', build: (on, dims) => last(on, dims, 3) },
        { name: 'sampled', build: (on, dims) => last(on, dims, 2) },
      ),
      SETTINGS,
    );
    expect(variants[0]).toMatchObject({ timing: null, counts: null });
    expect(variants[0]?.check).toMatchObject({
      isOk: false,
      dims: { size: 100 },
      outputs: [{ isOk: true }, { output: 'y', isOk: false, dims: { size: 4096 } }],
    });
    expect(variants[1]?.check).toMatchObject({
      isOk: true,
      outputs: [{}, { dims: { size: 4096 } }],
    });
    expect(variants[1]?.timing?.wallMs.runs).toBe(4);
    const same = { ...testCase({ name: 'whole', build: (on, dims) => last(on, dims, 3) }) };
    const whole = await runCase(device(), { ...same, checkDims: same.dims }, SETTINGS);
    expect(whole.variants[0]?.check.outputs).toHaveLength(1);
    expect(device().memory.liveTensors).toBe(before);
  });

  test.each([
    ['preset', { preset: 'b' }],
    ['mode', { mode: 'step' as const }],
    ['op', { op: 'triple' }],
    ['checked sizes', { checkDims: { size: 99 } }],
  ])('a check is shared by cases that differ in length alone, not in %s', async (_, change) => {
    const known = new Map<string, CheckReport>();
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
      await runCase(device(), one, SETTINGS, { checks: known });
    }
    expect(checks).toBe(2);
  });

  test('leaves no tensor behind', async () => {
    const before = device().memory.liveTensors;
    await runCase(device(), testCase(right), SETTINGS);
    expect(device().memory.liveTensors).toBe(before);
  });
});
