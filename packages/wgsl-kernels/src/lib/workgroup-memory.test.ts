// Devices are opened without zeroing of workgroup memory, so every kernel has to write it before it reads it.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const PACKAGES = new URL('../../../', import.meta.url);

const sources = readdirSync(PACKAGES, { recursive: true, encoding: 'utf8' })
  .filter((path) => /^[\w-]+\/src\/.*(?:\.wgsl|(?<!\.test)\.ts)$/.test(path))
  .map((path) => [path, readFileSync(new URL(path, PACKAGES), 'utf8')] as const)
  .filter(([, source]) => source.includes('var<workgroup>'));

/** Atomics in workgroup memory whose first use is not a store followed by a barrier before anything else. */
function unsetAtomics(source: string): string[] {
  const names = [...source.matchAll(/var<workgroup>\s+(\w+)\s*:[^;]*\batomic\b/g)];
  return names.map(([, name = '']) => name).filter((name) => !isStoredFirst(source, name));
}

function isStoredFirst(source: string, name: string): boolean {
  const uses = new RegExp(`\\b(atomic\\w+)\\(\\s*&${name}\\b|\\b(workgroupBarrier)\\(`, 'g');
  const calls = [...source.matchAll(uses)].map(([, atomic, barrier]) => atomic ?? barrier);
  const store = calls.indexOf('atomicStore');
  const first = calls.findIndex((call) => call !== 'atomicStore' && call !== 'workgroupBarrier');
  if (first < 0) return true;
  return store >= 0 && store < first && calls.slice(store, first).includes('workgroupBarrier');
}

test('kernels with workgroup memory are found', () => {
  expect(sources.length).toBeGreaterThanOrEqual(8);
  expect(sources.some(([, source]) => /var<workgroup>[^;]*\batomic\b/.test(source))).toBe(true);
});

test.each(sources)('%s stores to its workgroup atomics first', (_path, source) => {
  expect(unsetAtomics(source)).toEqual([]);
});

test('an atomic that is added to unset is found, and one without a barrier', () => {
  const declared = 'var<workgroup> t_n: array<atomic<u32>, 4>;';
  const [store, barrier, add] = [
    'atomicStore(&t_n[0], 0u);',
    'workgroupBarrier();',
    'atomicAdd(&t_n[0], 1u);',
  ];
  const found = (...lines: string[]) => unsetAtomics([declared, ...lines].join('\n'));
  expect(found(add)).toEqual(['t_n']);
  expect(found(barrier, add, store)).toEqual(['t_n']);
  expect(found(store, add)).toEqual(['t_n']);
  expect(found(store, barrier, add)).toEqual([]);
});
