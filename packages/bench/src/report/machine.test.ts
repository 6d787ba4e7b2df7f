// The adapter and the options of a report in words: forced variants are named, in older reports the kernels of all ops.

import { makeCaps } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { formatInvocation } from './invocation.ts';
import { adapterName, describeMachine } from './machine.ts';
import { exampleReport } from './report.fixture.ts';

const { host } = exampleReport.machine;
const describe = (variants: Record<string, string>) =>
  describeMachine({ caps: makeCaps({ variants }) }, host);

test('a machine names the forced variants, or auto', () => {
  expect(describe({}).kernels).toBe('auto');
  expect(adapterName(describe({}))).toBe('test');
  const forced = describe({ matmul: 'tiled', '*': 'scalar' });
  expect(forced.kernels).toBe('matmul=tiled, scalar');
  expect(adapterName(forced)).toBe('test (matmul=tiled, scalar kernels)');
  expect(adapterName({ ...forced, kernels: 'gpu' })).toBe('test (gpu kernels)');
});

test.each([
  ['auto', ''],
  [null, ''],
  ['matmul=tiled, scalar', '--variant matmul=tiled --variant scalar'],
])('kernels %s are the options %o', (kernels, options) => {
  const nothing = { caseText: null, presets: null, adapter: null };
  expect(formatInvocation({ ...exampleReport.settings, ...nothing, kernels })).toBe(options);
});
