// Adapters are the same by all of their names, or not at all.

import { expect, test } from 'vitest';
import { assertSameAdapter } from './adapter.ts';

const ours = {
  vendor: 'nvidia',
  architecture: 'hopper',
  device: '0x2330',
  description: 'NVIDIA H100',
};

test('the same adapter passes', () => {
  expect(() => assertSameAdapter(ours, { ...ours })).not.toThrow();
});

test.each(Object.keys(ours))('another %s alone is another adapter', (field) => {
  expect(() => assertSameAdapter(ours, { ...ours, [field]: 'other' })).toThrow(
    /^expected our adapter, nvidia hopper 0x2330 NVIDIA H100, it got .*other.*; it was not timed\.$/,
  );
});
