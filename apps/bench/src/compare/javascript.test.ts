// The whole way of a peer: its process, the adapter, the check of its result, turns, rows. The worker and the adapter are real.

import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaseReport, Measurement, NotMeasured } from '@vulpes/bench';
import { createDevice, type Device } from '@vulpes/tensor-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RUN_MS } from './fixtures/matmul-peer.mjs';
import { type JavascriptSettings, javascriptYardstick } from './javascript.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const yardsticks = join(import.meta.dirname, '..', '..', '..', '..', 'tools', 'yardsticks');
const PEERS = ['honest', 'wrong', 'transposed', 'nan', 'hangs', 'crashes', 'breaks-rules'] as const;

let device: Device;
/** The real worker beside peers of our own. */
let folder: string;

beforeAll(async () => {
  device = await createDevice({ adapter: 'software' });
  folder = mkdtempSync(join(tmpdir(), 'vulpes-peers-'));
  for (const name of ['worker', 'globals', 'timing']) {
    cpSync(join(yardsticks, 'src', `${name}.mjs`), join(folder, `${name}.mjs`));
  }
  cpSync(join(fixtures, 'matmul-peer.mjs'), join(folder, 'matmul-peer.mjs'));
  for (const peer of PEERS) {
    const source = `import { openPeer } from './matmul-peer.mjs';\nexport const open = () => openPeer('${peer}');\n`;
    writeFileSync(join(folder, `${peer}.mjs`), source);
  }
});
afterAll(() => {
  device.dispose();
  rmSync(folder, { recursive: true, force: true });
});

const caseOf = (of: Pick<CaseReport, 'id' | 'suite' | 'mode' | 'dims'> & { preset?: string }) =>
  ({ op: '', inputs: '', preset: null, variants: [], ...of }) as CaseReport;

const product = caseOf({
  id: 'matmul/forward M32-N48-K16',
  suite: 'matmul',
  mode: 'forward',
  dims: { M: 32, N: 48, K: 16 },
});

async function compare(
  peers: readonly string[],
  cases: readonly CaseReport[],
  settings: JavascriptSettings,
  runs = 4,
) {
  const rows: Measurement[] = [];
  const missing: NotMeasured[] = [];
  await javascriptYardstick(
    peers,
    settings,
  )({
    cases,
    device,
    runs,
    onProgress: () => {},
    onMeasurement: (row) => rows.push(row),
    onNotMeasured: (entry) => missing.push(entry),
  });
  return { rows, missing };
}

test('an honest peer: our row, its row, and how many times as long it takes', async () => {
  const { rows, missing } = await compare(['honest'], [product], { folder });
  expect(missing).toEqual([]);
  expect(rows.map(({ runner }) => runner)).toEqual(['vulpes', 'honest']);
  for (const row of rows) {
    expect(row).toMatchObject({ case: product.id, variant: 'nn', gpuMs: null });
    expect(row.wallMs.runs).toBe(4);
  }
  const [ours, theirs] = rows as [Measurement, Measurement];
  expect(theirs.wallMs.min).toBeGreaterThanOrEqual(RUN_MS - 2);
  expect(ours.wallMs.median).toBeLessThan(RUN_MS);
  expect(ours.timeOverOurs).toBeUndefined();
  expect(theirs.timeOverOurs?.runs).toBe(4);
  expect(theirs.timeOverOurs?.median).toBeGreaterThan(1);
  expect(theirs.note).toMatch(/^1\.2\.3: loops, honest; /);
});

test('a wrong result is not timed; the row says which output, and by how much', async () => {
  const { rows, missing } = await compare(['wrong', 'transposed', 'nan'], [product], { folder });
  expect(rows).toEqual([]);
  expect(missing.map(({ runner, case: id }) => [runner, id])).toEqual(
    ['wrong', 'transposed', 'nan'].map((peer) => [peer, product.id]),
  );
  const [off, other, nan] = missing.map(({ why }) => why);
  expect(off).toMatch(/not timed: c is off by an RMS error ratio of 3\.0e-5, at most 1\.0e-5/);
  expect(other).toContain('c is off by');
  expect(nan).toContain('c is not comparable (a NaN, or another length)');
});

test('a peer that crashes, or that WebGPU complains of, costs its own row alone', async () => {
  const peers = ['crashes', 'breaks-rules', 'honest'];
  const { rows, missing } = await compare(peers, [product], { folder }, 1);
  expect(rows.map(({ runner }) => runner)).toEqual(['vulpes', 'honest']);
  expect(missing.map(({ runner }) => runner)).toEqual(['crashes', 'breaks-rules']);
  expect(missing[0]?.why).toBe('its process ended: out of luck');
  expect(missing[1]?.why).toMatch(/^WebGPU rejected a command: /);
});

test('a peer that hangs is ended after its time', async () => {
  const { rows, missing } = await compare(['hangs'], [product], { folder, maxAnswerMs: 1500 });
  expect(rows).toEqual([]);
  expect(missing).toEqual([
    { kind: 'failed', runner: 'hangs', case: product.id, why: 'no outputs within 1.5 s' },
  ]);
});

test('a peer on another adapter is refused, both are named', async () => {
  const other = mkdtempSync(join(tmpdir(), 'vulpes-elsewhere-'));
  cpSync(join(fixtures, 'elsewhere-worker.mjs'), join(other, 'worker.mjs'));
  const { rows, missing } = await compare(['honest'], [product], { folder: other });
  rmSync(other, { recursive: true });
  expect(rows).toEqual([]);
  expect(missing[0]?.why).toMatch(
    /^expected our adapter, .*swiftshader.*, it got nvidia hopper 0x2330 X; it was not timed\.$/i,
  );
});

const isInstalled = existsSync(join(yardsticks, 'node_modules', '@jax-js'));

/** The same case as tfjs and jax-js do it; each of its rows is a check passed. */
test.skipIf(!isInstalled).each([
  product,
  caseOf({
    id: 'forgetting-attention/forward+backward B2-T17-H3-D16',
    suite: 'attention',
    mode: 'forward+backward',
    dims: { B: 2, T: 17, H: 3, D: 16, block: 32 },
  }),
  caseOf({
    id: 'train-step/step pro-nano B2-T9',
    suite: 'training',
    mode: 'step',
    preset: 'pro-nano',
    dims: { B: 2, T: 9 },
  }),
])('tfjs and jax-js give our results where --compare has installed them: $id', async (one) => {
  const { rows, missing } = await compare(['tfjs', 'jax-js'], [one], {}, 1);
  expect(missing).toEqual([]);
  const id = one.id.replace('pro-nano', 'llama-nano');
  expect(rows.map((row) => [row.runner, row.case])).toEqual([
    ['vulpes', id],
    ['tfjs-webgpu', id],
    ['jax-js', id],
  ]);
});
