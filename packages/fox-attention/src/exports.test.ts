// The names that users of this package can import. Who changes this list changes it for them.

import { readEntryPoints } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';

test('entry points export these names', async () => {
  expect(await readEntryPoints(import.meta.url)).toMatchSnapshot();
});
