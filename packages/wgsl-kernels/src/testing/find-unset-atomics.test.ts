import { expect, test } from 'vitest';
import { findUnsetAtomics } from './find-unset-atomics.ts';

test('an atomic that is added to unset is found, and one without a barrier', () => {
  const declared = 'var<workgroup> t_n: array<atomic<u32>, 4>;';
  const store = 'atomicStore(&t_n[0], 0u);';
  const barrier = 'workgroupBarrier();';
  const add = 'atomicAdd(&t_n[0], 1u);';
  const find = (...lines: string[]) => findUnsetAtomics([declared, ...lines].join('\n'));
  const problem = 'expected an atomicStore to t_n and a barrier before its first use';
  expect(find(add)).toEqual([problem]);
  expect(find(barrier, add, store)).toEqual([problem]);
  expect(find(store, add)).toEqual([problem]);
  expect(find(store, barrier, add)).toEqual([]);
});
