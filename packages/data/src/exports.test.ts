// The names that users of this package can import. Who changes this list changes it for them.

import { expect, test } from 'vitest';
import * as main from './index.ts';
import * as node from './node/index.ts';

test('the entry point exports these names', () => {
  expect(Object.keys(main).sort()).toMatchSnapshot();
});

test('the entry point for Node exports these names', () => {
  expect(Object.keys(node).sort()).toMatchSnapshot();
});
