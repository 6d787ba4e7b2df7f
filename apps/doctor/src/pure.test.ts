// The doctor without a device: advice, what fits, the text.

import type { DeviceCaps } from '@vulpes/tensor-core';
import { describe, expect, test } from 'vitest';
import { listAdvice, listAdviceWithoutAdapter } from './advice.ts';
import type { Diagnosis } from './diagnosis.ts';
import { formatDiagnosis } from './format.ts';
import type { Host } from './host.ts';
import { computeWhatFits } from './memory.ts';
import { compareResult } from './self-test.ts';

const host: Host = {
  node: 'v20.11.0',
  platform: 'linux',
  arch: 'x64',
  cores: 2,
  memoryBytes: 8 * 1024 ** 3,
  environment: {},
  vulkan: { loader: null, manifests: [] },
  traces: [],
  launcher: null,
};

const gpu: DeviceCaps = {
  adapter: {
    vendor: 'nvidia',
    architecture: 'hopper',
    device: '',
    description: 'NVIDIA H100',
  },
  isSoftware: false,
  ...{
    subgroupMinSize: 32,
    subgroupMaxSize: 32,
    subgroupMatrixConfigs: [],
    variants: {},
    tuning: null,
  },
  features: { f16: true, subgroups: true, subgroupMatrix: true, timestampQuery: true },
  limits: {
    maxBufferSize: 2 ** 32,
    maxStorageBufferBindingSize: 2 ** 31,
    maxStorageBuffersPerShaderStage: 8,
    maxComputeWorkgroupStorageSize: 16384,
    maxComputeInvocationsPerWorkgroup: 256,
    maxComputeWorkgroupsPerDimension: 65535,
  },
  toggles: [],
  notes: ["This is the system's GPU, found through its driver."],
};

const swiftShader: DeviceCaps = {
  ...gpu,
  adapter: {
    vendor: 'google',
    architecture: 'swiftshader',
    device: '',
    description: 'SwiftShader',
  },
  isSoftware: true,
  features: { f16: false, subgroups: true, subgroupMatrix: false, timestampQuery: true },
};

const missing = (advice: readonly { missing: string }[]) => advice.map((item) => item.missing);

describe('advice', () => {
  test('a GPU with everything lacks nothing', () => {
    expect(listAdvice(host, gpu)).toEqual([]);
  });

  test('SwiftShader: a GPU, a faster CPU driver, f16', () => {
    const advice = listAdvice(host, swiftShader);
    expect(missing(advice)).toEqual([
      'a GPU',
      "Mesa's CPU driver (lavapipe, Mesa ≥ 25)",
      'shader-f16',
    ]);
    for (const { costs, todo } of advice) expect([costs, todo]).not.toContain('');
  });

  test.each([
    ['nvidia', /NVIDIA_DRIVER_CAPABILITIES/],
    ['dri', /\/dev\/dri/],
    ['wsl', /WSL/],
  ] as const)('a software adapter beside a %s device names the driver', (trace, todo) => {
    expect(listAdvice({ ...host, traces: [trace] }, swiftShader)[0]?.todo).toMatch(todo);
  });

  test('f16 on NVIDIA is behind a toggle', () => {
    const caps = { ...gpu, features: { ...gpu.features, f16: false } };
    expect(listAdvice(host, caps)[0]?.todo).toContain('vulkan_enable_f16_on_nvidia');
  });

  test('each other feature and limit that is missing is named', () => {
    const caps: DeviceCaps = {
      ...gpu,
      features: { f16: true, subgroups: false, subgroupMatrix: false, timestampQuery: false },
      limits: { ...gpu.limits, maxStorageBuffersPerShaderStage: 4 },
    };
    expect(missing(listAdvice(host, caps))).toEqual([
      'subgroups',
      'subgroup matrices (tensor cores; experimental)',
      'timestamp-query',
      'maxStorageBuffersPerShaderStage ≥ 8 (has 4)',
    ]);
  });

  test('kernel variants that were forced are named', () => {
    expect(missing(listAdvice(host, { ...gpu, variants: { matmul: 'scalar' } }))).toEqual([
      'a free choice of kernel variants (forced: matmul=scalar)',
    ]);
  });
});

describe('what fits', () => {
  test('the smaller of the two limits counts', () => {
    const fits = computeWhatFits(gpu);
    expect(fits.largestTensorBytes).toBe(2 ** 31);
    expect(fits.largestTensorElements).toBe(2 ** 29);
    expect(fits.embeddingHiddenSize).toBe(Math.floor(2 ** 29 / 50257));
  });
});

describe('self-test', () => {
  const right = Float32Array.from({ length: 1000 }, (_, i) => (i % 97) + i);

  test('accepts only exact results', () => {
    expect(compareResult(right).passed).toBe(true);
    expect(compareResult(right.with(999, 0))).toEqual({
      passed: false,
      detail: 'expected y[999] = 1028, got 0',
    });
    expect(compareResult(right.subarray(0, 500)).passed).toBe(false);
    expect(compareResult(right.with(3, Number.NaN)).passed).toBe(false);
  });
});

const VARIANT_REPORT = {
  op: 'matmul',
  runs: 'scalar',
  isForced: false,
  variants: [
    { name: 'tiled', reason: 'slow on this adapter' },
    { name: 'scalar', reason: 'runs' },
  ],
};

describe('text', () => {
  const report = {
    caps: swiftShader,
    variants: [VARIANT_REPORT],
    fits: computeWhatFits(swiftShader),
    selfTest: { passed: true, detail: 'exact', milliseconds: 12 },
  };
  const diagnosis: Diagnosis = {
    host,
    attempts: [{ choice: 'auto', problem: null }],
    adapter: report,
    advice: listAdvice(host, swiftShader),
    browsers: ['…'],
  };

  test('names adapter, features, limits, kernels, costs and what to do', () => {
    const text = formatDiagnosis(diagnosis);
    for (const part of [
      'Node v20.11.0',
      'SwiftShader',
      'no  shader-f16',
      'maxBufferSize 4.00 GiB',
      'matmul: scalar (runs)\n    not tiled: slow on this adapter',
      'costs:',
      'to do:',
      'passed in 12 ms',
      'Vulpes runs here, on the CPU',
    ]) {
      expect(text).toContain(part);
    }
  });

  test.each([
    [null, ['npm run verify  ', 'npm start  ', 'npm run inspect -- RUN  ', 'npm run bench  ']],
    [
      './vulpes',
      [
        './vulpes verify  ',
        './vulpes trainer train  ',
        './vulpes inspect RUN  ',
        './vulpes bench  ',
      ],
    ],
  ])('the next commands, started by %s', (launcher, commands) => {
    const text = formatDiagnosis({ ...diagnosis, host: { ...host, launcher } });
    for (const command of commands) expect(text).toContain(`\n  ${command}`);
    expect(text.includes('npm run')).toBe(launcher === null);
  });

  test('without an adapter it gives the reason and what to do', () => {
    const text = formatDiagnosis({
      ...diagnosis,
      adapter: null,
      attempts: [{ choice: 'auto', problem: 'no driver was found' }],
      advice: listAdviceWithoutAdapter(host),
    });
    expect(text).toContain('no driver was found');
    expect(text).toContain('npm install @vulpes/software-adapter');
    expect(text).toContain('cannot run here yet');
  });
});
