import { createDevice, type Device, type DeviceCaps } from '@vulpes/tensor-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caseId } from '../case.ts';
import { type CaseFilter, chooseCases } from '../choose-cases.ts';
import { suiteNames } from '../suites/index.ts';
import { chooseComparedCases } from './choose-cases.ts';

let device: Device;
let gpu: DeviceCaps;
beforeAll(async () => {
  device = await createDevice({ adapter: 'software' });
  const limits = { maxBufferSize: 2 ** 32, maxStorageBufferBindingSize: 2 ** 31 - 4 };
  gpu = { ...device.caps, isSoftware: false, limits: { ...device.caps.limits, ...limits } };
});
afterAll(() => device.dispose());

const choose = (filter: Partial<CaseFilter>, caps: DeviceCaps) => {
  const all = { suites: suiteNames, maxTokens: null, presets: null, caseText: null };
  const cases = chooseCases(caps, { ...all, ...filter });
  const { chosen, leftOut } = chooseComparedCases(cases, caps);
  return { cases: cases.map(caseId), ids: chosen.map((one) => one.caseId), leftOut };
};

test('of each kind the sizes nearest to the usual ones', () => {
  // The block is of the kernels that the software adapter takes.
  expect(choose({}, gpu).ids.map((id) => id.replace(/-block\d+$/, ''))).toEqual([
    'matmul/forward M2048-N2048-K2048',
    'matmul/forward M4096-N4096-K4096',
    'forgetting-attention/forward B1-T2048-H12-D64',
    'forgetting-attention/forward+backward B1-T2048-H12-D64',
    'train-step/step llama-125m B1-T2048',
  ]);
  const software = choose({}, device.caps).ids;
  expect(software).toContain('matmul/forward M256-N256-K256');
  expect(software).toContain('train-step/step llama-nano B1-T256');
});

test('the command line chooses for the libraries as it does for ours', () => {
  const { cases, ids } = choose({ suites: ['attention'], caseText: 'T512' }, device.caps);
  expect(ids).toEqual(cases);
  expect(choose({ suites: ['boundary'] }, gpu).ids).toEqual([]);
});

test('what is not compared has a line with its reason', () => {
  const { leftOut } = choose({}, gpu);
  expect(leftOut.map(({ kind }) => kind)).toEqual(['unsupported', 'did-not-fit', 'left-out']);
  expect(leftOut[0]?.case).toBe('suites boundary, pruning, decode');
  expect(leftOut[1]?.why).toMatch(/^without a fused kernel .* a buffer is at most 2\.1 GB$/);
  expect(choose({ suites: ['matmul'], caseText: 'M2048-N2048' }, gpu).leftOut).toEqual([]);
});
