// Devices are opened without zeroing of workgroup memory, so every kernel has to write it before it reads it.

import { stripComments } from '../contract/parse-contract.ts';

/** A sentence for each atomic in workgroup memory whose first use is not a store, followed by a barrier. */
export function findUnsetAtomics(wgsl: string): string[] {
  const text = stripComments(wgsl);
  const names = [...text.matchAll(/var<workgroup>\s+(\w+)\s*:[^;]*\batomic\b/g)];
  return names
    .map(([, name = '']) => name)
    .filter((name) => !isStoredFirst(text, name))
    .map((name) => `expected an atomicStore to ${name} and a barrier before its first use`);
}

function isStoredFirst(text: string, name: string): boolean {
  const uses = new RegExp(`\\b(atomic\\w+)\\(\\s*&${name}\\b|\\b(workgroupBarrier)\\(`, 'g');
  const calls = [...text.matchAll(uses)].map(([, atomic, barrier]) => atomic ?? barrier);
  const store = calls.indexOf('atomicStore');
  const first = calls.findIndex((call) => call !== 'atomicStore' && call !== 'workgroupBarrier');
  if (first < 0) return true;
  return store >= 0 && store < first && calls.slice(store, first).includes('workgroupBarrier');
}
