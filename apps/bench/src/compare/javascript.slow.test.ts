// The whole way of a library: its process, the adapter, the check of its result, its times, rows. Scripts and adapter are real.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BenchCase,
  caseId,
  chooseCases,
  type Measurement,
  type NotMeasured,
} from '@vulpes/bench';
import { createDevice, type Device } from '@vulpes/tensor-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type JavascriptSettings, javascriptBaselines } from './javascript.ts';

const tools = join(import.meta.dirname, '..', '..', '..', '..', 'tools', 'comparisons');
let device: Device;
let folder: string;

/** A library that multiplies in loops; `change` spoils what it gives. */
const script = (change: string) => `
import { runJob, startJob } from ${JSON.stringify(join(tools, 'shared.mjs'))};
const job = await startJob();
const adapter = await navigator.gpu.requestAdapter();
const device = await adapter.requestDevice();
const multiply = ({ a, b }) => {
  const [[m, k], [, n]] = [a.shape, b.shape];
  const c = new Float32Array(m * n);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++)
      for (let r = 0; r < k; r++) c[i * n + j] += a.data[i * k + r] * b.data[r * n + j];
  return c;
};
const matmul = (inputs) => ({
  async run() { multiply(inputs); },
  async outputs() { const c = multiply(inputs); ${change}; return { c }; },
});
const upload = (array) => array;
await runJob(job, { version: '1.2.3', device, notes: { matmul: 'loops' }, upload, works: { matmul } });
`;

const LIBRARIES = {
  right: '',
  wrong: 'for (let i = 0; i < c.length; i++) c[i] *= 1 + 3e-5',
  nan: 'c[0] = NaN',
  hangs: 'await new Promise(() => setInterval(() => {}, 1000))',
  crashes: "console.error('Error: out of luck'); process.exit(3)",
  'breaks-rules':
    'device.createBuffer({ size: 4, usage: 0 }); await device.queue.onSubmittedWorkDone()',
};

beforeAll(async () => {
  device = await createDevice({ adapter: 'software' });
  folder = mkdtempSync(join(tmpdir(), 'vulpes-libraries-'));
  for (const [name, change] of Object.entries(LIBRARIES))
    writeFileSync(join(folder, `${name}.mjs`), script(change));
});
afterAll(() => {
  device.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const choose = (suite: 'matmul' | 'attention' | 'training', dims: Record<string, number>) => {
  const all = { presets: null, caseText: null };
  const one = chooseCases(device.caps, { suites: [suite], ...all }).find(
    ({ mode }) => mode !== 'forward' || suite === 'matmul',
  );
  return { ...(one as BenchCase), dims: { ...one?.dims, ...dims } };
};

async function compare(
  libraries: readonly string[],
  benchCase: BenchCase,
  settings: JavascriptSettings,
  on: Device = device,
) {
  const [rows, missing]: [Measurement[], NotMeasured[]] = [[], []];
  await javascriptBaselines(
    libraries,
    settings,
  )({
    cases: [benchCase],
    device: on,
    runs: 4,
    onProgress: () => {},
    onMeasurement: (row) => rows.push(row),
    onNotMeasured: (entry) => missing.push(entry),
  });
  return { rows, missing };
}

test('a library that is right has a row, after ours, with the ratio', async () => {
  const product = choose('matmul', { M: 32, N: 48, K: 16 });
  const { rows, missing } = await compare(['right'], product, { folder });
  expect(missing).toEqual([]);
  expect(rows.map(({ runner }) => runner)).toEqual(['vulpes', 'right']);
  for (const row of rows) {
    expect(row).toMatchObject({ case: caseId(product), variant: 'nn', gpuMs: null });
    expect(row.wallMs.runs).toBe(4);
  }
  const [ours, theirs] = rows as [Measurement, Measurement];
  expect(ours.timeOverOurs).toBeUndefined();
  expect(theirs.timeOverOurs?.p10).toBeGreaterThanOrEqual(
    theirs.wallMs.min / (4 * ours.wallMs.p90),
  );
  expect(theirs.note).toMatch(/^1\.2\.3: loops; error \d\.\de-\d+$/);
});

test('one that is wrong, crashes, breaks rules or hangs costs its own row alone', async () => {
  const product = choose('matmul', { M: 32, N: 48, K: 16 });
  const libraries = ['wrong', 'nan', 'crashes', 'breaks-rules', 'hangs', 'right'];
  const { rows, missing } = await compare(libraries, product, { folder, maxSilenceMs: 5000 });
  expect(rows.map(({ runner }) => runner)).toEqual(['vulpes', 'right']);
  expect(missing.map(({ runner }) => runner)).toEqual(libraries.slice(0, -1));
  const [wrong, nan, crashes, breaks, hangs] = missing.map(({ why }) => why);
  expect(wrong).toBe('its result is wrong: c 3.0e-5 > 0.00001');
  expect(nan).toBe('its result is wrong: c not comparable > 0.00001');
  expect(crashes).toBe('the script ended with 3: Error: out of luck');
  expect(breaks).toMatch(/^WebGPU rejected a command: /);
  expect(hangs).toBe('the script ended with SIGKILL: it printed nothing for 5 s');
});

test('a library on another adapter is not timed', async () => {
  const adapter = { ...device.caps.adapter, vendor: 'nvidia' };
  const other = new Proxy(device, {
    get(target, key) {
      if (key === 'caps') return { ...target.caps, adapter };
      const value = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const product = choose('matmul', { M: 32, N: 48, K: 16 });
  const { rows, missing } = await compare(['right'], product, { folder }, other);
  expect(rows).toEqual([]);
  expect(missing[0]?.why).toMatch(/^expected our adapter, nvidia .*, got .*; it was not timed$/);
});

const isInstalled = existsSync(join(tools, 'node_modules', '@jax-js'));

/** Each row is a check passed. */
test.skipIf(!isInstalled).each([
  ['matmul', { M: 32, N: 48, K: 16 }],
  ['attention', { B: 2, T: 17, H: 3, D: 16, block: 32 }],
  ['training', { B: 2, T: 9 }],
] as const)('tfjs and jax-js give our results: %s', async (suite, dims) => {
  const { rows, missing } = await compare(['tfjs', 'jax-js'], choose(suite, dims), {});
  expect(missing).toEqual([]);
  expect(rows.map(({ runner }) => runner)).toEqual(['vulpes', 'tfjs-webgpu', 'vulpes', 'jax-js']);
});
