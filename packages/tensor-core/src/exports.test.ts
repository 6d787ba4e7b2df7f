// The names that users of this package can import. Who changes this list changes it for them.

import { expect, test } from 'vitest';
import { readEntryPoints } from './testing/index.ts';

test('entry points export these names', async () => {
  expect(await readEntryPoints(import.meta.url)).toMatchSnapshot();
});
