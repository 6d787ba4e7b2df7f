// Which cases the peers are asked for, and what is said of the others.

import { createDevice, type Device, type DeviceCaps } from '@vulpes/tensor-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caseId } from '../case.ts';
import { type CaseFilter, chooseCases } from '../choose-cases.ts';
import type { CaseReport } from '../report/report.ts';
import { suiteNames } from '../suites/index.ts';
import { chooseExercises } from './exercises.ts';

let device: Device;
let gpu: DeviceCaps;
beforeAll(async () => {
  device = await createDevice({ adapter: 'software' });
  const limits = { maxBufferSize: 2 ** 32, maxStorageBufferBindingSize: 2 ** 31 - 4 };
  gpu = { ...device.caps, isSoftware: false, limits: { ...device.caps.limits, ...limits } };
});
afterAll(() => device.dispose());

/** The cases that a command line leaves, as reports. */
const casesOf = (filter: Partial<CaseFilter>, caps: DeviceCaps = device.caps): CaseReport[] =>
  chooseCases(caps, {
    suites: suiteNames,
    maxTokens: null,
    presets: null,
    caseText: null,
    ...filter,
  }).map(({ variants, preset = null, ...one }) => ({
    ...one,
    id: caseId({ ...one, ...(preset && { preset }) }),
    preset,
    variants: variants.map(({ name }) => ({ name }) as CaseReport['variants'][number]),
  }));

const idsOf = (filter: Partial<CaseFilter>, caps: DeviceCaps = device.caps): string[] =>
  chooseExercises(casesOf(filter, caps), caps).chosen.map((exercise) => exercise.caseId);

test('every suite has an exercise or a line that says why not', () => {
  for (const caps of [device.caps, gpu]) {
    const { chosen, leftOut } = chooseExercises(casesOf({}, caps), caps);
    for (const suite of suiteNames) {
      const lines = leftOut.filter(({ case: id }) => id === `suite ${suite}`);
      const isMeasured = chosen.some((exercise) => exercise.suite === suite);
      expect(lines.length + Number(isMeasured), suite).toBe(1);
    }
    // Our other variants are named, too.
    const words = leftOut.map(({ case: id }) => id).join('; ');
    for (const name of ['nt', 'tn', 'paper', 'certified']) expect(words).toContain(name);
  }
});

test('the command line chooses for the peers as it does for us', () => {
  expect(idsOf({ suites: ['attention'], caseText: 'T512' })).toEqual(
    casesOf({ suites: ['attention'], caseText: 'T512' }).map(({ id }) => id),
  );
  expect(idsOf({ suites: ['boundary'] })).toEqual([]);
  expect(idsOf({ suites: ['matmul'], caseText: 'mlp-up' })).toEqual(
    casesOf({ suites: ['matmul'], caseText: 'mlp-up' }).map(({ id }) => id),
  );
  for (const id of idsOf({ suites: ['attention'], maxTokens: 1024 }, gpu)) {
    expect(id).toContain('T1024');
  }
  expect(idsOf({ suites: ['training'], presets: ['pro-360m'] }, gpu)).toEqual([
    'train-step/step llama-360m B1-T2048',
  ]);
});

test('of each kind the usual sizes, and a line that counts the others', () => {
  const cases = casesOf({ suites: ['matmul', 'attention'] }, gpu);
  const { chosen, leftOut } = chooseExercises(cases, gpu);
  expect(chosen.map((exercise) => exercise.caseId.replace(/-block.*/, ''))).toEqual([
    'matmul/forward M2048-N2048-K2048',
    'matmul/forward M4096-N4096-K4096',
    'forgetting-attention/forward B1-T2048-H12-D64',
    'forgetting-attention/forward+backward B1-T2048-H12-D64',
  ]);
  const counts = leftOut.map(({ case: id }) => Number(/\d+(?= more| of our)/.exec(id)?.[0] ?? 0));
  expect(counts.reduce((sum, n) => sum + n, chosen.length)).toBe(cases.length);
});

test('lengths whose scores no buffer holds are told with their size', () => {
  const { chosen, leftOut } = chooseExercises(
    casesOf({ suites: ['attention'], caseText: 'T16384-H12' }, gpu),
    gpu,
  );
  expect(chosen).toEqual([]);
  // 12 heads of 16384 x 16384 f32 are 12.9 GB; the buffer 2^31 - 4 bytes.
  expect(leftOut).toEqual([
    {
      kind: 'did-not-fit',
      case: 'attention from 16384 tokens (2 of our cases)',
      why: 'without a fused kernel the scores of all heads lie in one buffer, 12.9 GB and more; here a buffer is at most 2.1 GB',
    },
  ]);
});

test('variant and case of a row are those of the case that ran', () => {
  const cases = casesOf({ suites: ['matmul', 'attention', 'training'] });
  for (const { suite, caseId: id, variant } of chooseExercises(cases, device.caps).chosen) {
    const ours = cases.find((one) => one.id === id.replace('llama-', 'pro-'));
    expect(ours?.suite, id).toBe(suite);
    expect(ours?.variants.map(({ name }) => name)).toContain(variant);
    expect(variant).toBe(suite === 'matmul' ? 'nn' : 'dense');
  }
});

test('an attention exercise has the numbers of the case whose id it carries', async () => {
  const filter = {
    suites: ['attention'] as const,
    maxTokens: 256,
    presets: null,
    caseText: 'forward+backward B1-T256-H3-D64',
  };
  const [suiteCase] = chooseCases(device.caps, filter);
  const dims = { ...suiteCase?.dims, T: 48 };
  const workload = await suiteCase?.variants[0]?.build(device, dims);
  const wanted = device.scope(() => workload?.run() ?? {});
  const [of] = casesOf(filter);
  const [exercise] = chooseExercises([{ ...(of as CaseReport), dims }], device.caps).chosen;
  const prepared = await exercise?.prepare(device);
  const outputs = await prepared?.ours.outputs();
  expect(Object.keys(outputs ?? {})).toEqual(['out', 'dq', 'dk', 'dv', 'dLogFgate']);
  for (const [name, tensor] of Object.entries(wanted)) {
    expect(outputs?.[name], name).toEqual(await tensor.data());
    tensor.dispose();
  }
  prepared?.ours.dispose();
  workload?.dispose();
});

test('a training exercise: three updates on one batch lower the loss, the job has the same numbers', async () => {
  const [nano] = casesOf({ suites: ['training'], caseText: 'nano' });
  const short = { ...(nano as CaseReport), dims: { ...nano?.dims, B: 2, T: 24 } };
  const [exercise] = chooseExercises([short], device.caps).chosen;
  const prepared = await exercise?.prepare(device);
  const { losses } = (await prepared?.ours.outputs()) ?? {};
  prepared?.ours.dispose();
  // Fresh weights guess among 256 bytes.
  expect(losses?.[0]).toBeCloseTo(Math.log(256), 1);
  // A peer that leaves an update out is far beyond the bound.
  const [first = 0, second = 0, third = 0] = losses ?? [];
  for (const change of [first - second, second - third]) {
    expect(change).toBeGreaterThan(10 * (exercise?.bound as number));
  }
  expect(prepared?.job).toMatchObject({ kind: 'train', batch: 2, length: 24 });
});
