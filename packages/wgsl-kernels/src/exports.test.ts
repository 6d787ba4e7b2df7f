// The names that users of this package can import. Who changes this list changes it for them.

import { readEntryPoints } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';

test('entry points export these names', async () => {
  expect(await readEntryPoints(import.meta.url)).toMatchSnapshot();
});

test('the reference of every op is exported', async () => {
  const modules = import.meta.glob<object>('./ops/*/*.reference.ts', { eager: true });
  const exported = Object.keys(await import('./reference/index.ts'));
  expect(Object.keys(modules).length).toBeGreaterThan(10);
  for (const [file, module] of Object.entries(modules)) {
    for (const name of Object.keys(module)) expect(exported, file).toContain(name);
  }
});
