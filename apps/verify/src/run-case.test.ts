// Which errors skip a case; all others fail it.

import { UnsupportedError } from '@vulpes/tensor-core';
import { expect, test } from 'vitest';
import { SkippedCase } from './reference/case-error.ts';
import { isSkip } from './run-case.ts';

const config = (fields: string) =>
  new UnsupportedError(`config: not supported: ${fields}; use null.`);

test.each([
  new SkippedCase('this version does not know cu_seqlens'),
  config('numKvHeads 1 (grouped queries)'),
  config('windowSize 48'),
])('%s skips', (error) => {
  expect(isSkip(error)).toBe(true);
});

test.each([
  config('hiddenAct "sigmoid"'),
  new UnsupportedError('rope: expected T ≤ 262144, got 300000.'),
  new Error('config: not supported: windowSize 48'),
])('%s fails', (error) => {
  expect(isSkip(error)).toBe(false);
});
