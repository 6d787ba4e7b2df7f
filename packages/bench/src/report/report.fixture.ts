// A report written by hand, for tests: every number has digits of its own, so that a swapped one shows.

import { REPORT_SCHEMA } from '../schema.ts';
import { summary } from '../timing/summary.fixture.ts';
import type { BenchReport, CaseReport, Summary, VariantReport } from './report.ts';

const times = (median: number, p10: number, p90: number): Summary =>
  summary(median, { runs: 17, p10, p90, min: p10 / 2 });

const passed = (error: number) => ({
  isOk: true,
  dims: { T: 64 },
  outputs: [
    { output: 'out', rmsErrorRatio: error, bound: 1e-3, isOk: true },
    { output: 'dq', rmsErrorRatio: error / 10, bound: 1e-3, isOk: true },
  ],
});

export const dense: VariantReport = {
  name: 'dense',
  check: passed(2.5e-7),
  timing: {
    wallMs: times(22.5, 21.25, 24.75),
    gpuMs: times(19.5, 18.25, 20.75),
    kernels: [{ label: 'matmul[TILE_M=64]', launches: 3, ms: 19 }],
    speedup: times(1, 1, 1),
    rates: { tflops: 3.25, gbPerSecond: 41 },
    shares: { ofPeak: 0.72, ofBandwidth: 0.13, bound: 'compute' },
  },
  counts: { flops: 6.125e9, bytes: 1e8, dispatches: 3, peakBytes: 1.5 * 2 ** 20, prunedShare: 0 },
};

export const paper: VariantReport = {
  name: 'paper',
  check: passed(0),
  timing: {
    wallMs: times(12.6, 11.25, 14.75),
    gpuMs: times(8.2504, 8.1254, 9.5004),
    kernels: [],
    speedup: times(2.36, 2.12, 2.63),
    rates: { tflops: 1.5, gbPerSecond: 376 },
    shares: { ofPeak: 0.41, ofBandwidth: 0.62, bound: 'memory' },
  },
  counts: {
    flops: 5.25e9,
    bytes: 1e8,
    dispatches: 7,
    peakBytes: 3.5 * 2 ** 20,
    prunedShare: 0.375,
  },
};

export const wrong: VariantReport = {
  name: 'wrong',
  check: {
    isOk: false,
    dims: { T: 64 },
    outputs: [
      { output: 'out', rmsErrorRatio: 0.25, bound: 1e-3, isOk: false },
      { output: 'dq', rmsErrorRatio: null, bound: 1e-3, isOk: false },
    ],
  },
  timing: null,
  counts: null,
};

export const exampleCase: CaseReport = {
  id: 'a/forward T64',
  suite: 'attention',
  op: 'a',
  mode: 'forward',
  dims: { B: 1, T: 64 },
  preset: null,
  inputs: 'by hand',
  variants: [dense, paper],
};

export const exampleReport: BenchReport = {
  schema: REPORT_SCHEMA,
  createdAt: '2026-01-02T03:04:05.000Z',
  timesAre: 'absolute',
  note: 'By hand.',
  failedChecks: [],
  settings: {
    ...{ suites: ['attention'], caseText: null, presets: null },
    ...{ adapter: 'auto', kernels: 'auto' },
    ...{ runs: 20, warmSeconds: 1, longRunMs: 500, budgetSeconds: 85 },
  },
  machine: {
    adapter: { vendor: 'acme', architecture: '', device: 'one', description: 'driver 1.2' },
    isSoftware: false,
    features: { f16: false, subgroups: true, subgroupMatrix: false, timestampQuery: true },
    limits: {
      maxBufferSize: 1,
      maxStorageBufferBindingSize: 1,
      maxStorageBuffersPerShaderStage: 8,
      maxComputeWorkgroupStorageSize: 1,
      maxComputeInvocationsPerWorkgroup: 256,
      maxComputeWorkgroupsPerDimension: 65535,
    },
    toggles: [],
    notes: [],
    host: {
      ...{ runtime: 'node v20', platform: 'Linux', cpu: 'CPU', cores: 2 },
      ...{ commit: '0123456789abcdef0123456789abcdef01234567', isDirty: true },
    },
  },
  peaks: {
    compute: { flops: 50e9, ms: summary(1.25), launch: { threads: 1024, chains: 8 } },
    memory: { bytes: 2e9, ms: summary(1.25) },
  },
  cases: [exampleCase],
  comparisons: [],
  notMeasured: [],
  failed: 0,
  elapsedMs: 1000,
};
