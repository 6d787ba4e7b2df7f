import { createDevice, type Device } from '@vulpes/tensor-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { caseId } from '../case.ts';
import { type CaseFilter, chooseCases } from '../choose-cases.ts';
import { suiteNames } from '../suites/index.ts';
import { chooseComparedCases } from './choose-cases.ts';

let device: Device;
beforeAll(async () => {
  device = await createDevice({ adapter: 'software' });
});
afterAll(() => device.dispose());

const choose = (filter: Partial<CaseFilter>, isSoftware = true) => {
  const all = { suites: suiteNames, presets: null, caseText: null };
  const cases = chooseCases({ ...device.caps, isSoftware }, { ...all, ...filter });
  const { chosen, leftOut } = chooseComparedCases(cases);
  return { cases: cases.map(caseId), ids: chosen.map((one) => one.caseId), leftOut };
};

test('of each suite and mode the first case', () => {
  // The block is of the kernels that the software adapter takes.
  expect(choose({}, false).ids.map((id) => id.replace(/-block\d+$/, ''))).toEqual([
    'matmul/forward M1024-N1024-K1024',
    'forgetting-attention/forward B1-T1024-H12-D64',
    'forgetting-attention/forward+backward B1-T1024-H12-D64',
    'train-step/step llama-125m B1-T2048',
  ]);
  expect(choose({}).ids).toContain('train-step/step llama-nano B1-T256');
});

test('the command line chooses for the libraries as it does for ours', () => {
  const { cases, ids } = choose({ suites: ['attention'], caseText: 'T512' });
  expect(ids).toEqual(cases);
  expect(choose({ suites: ['pruning'] }).ids).toEqual([]);
});

test('what is not compared has a line with its reason', () => {
  const { cases, ids, leftOut } = choose({});
  expect(leftOut).toEqual([
    {
      kind: 'unsupported',
      case: '3 cases of pruning, decode',
      why: expect.stringMatching(/^it has neither /),
    },
    {
      kind: 'left-out',
      case: `${cases.length - 3 - ids.length} cases of matmul, attention, training`,
      why: expect.stringMatching(/--case$/),
    },
  ]);
  expect(choose({ suites: ['matmul'], caseText: 'M256-N256' }).leftOut).toEqual([]);
});
