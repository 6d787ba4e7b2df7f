// Verify in mixed precision: the carried vectors hold within its bounds, and those of f32 are too narrow for it.

import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { BOUNDS } from './bounds.ts';
import { createAttentionCheck } from './attention/check.ts';
import { checkModel } from './models/check.ts';
import { holds } from './check.ts';
import { parseOptions, FIXTURES } from './options.ts';
import { verify } from './verify.ts';

async function run(...argv: string[]) {
  let text = '';
  const code = await verify(parseOptions(argv), { write: (part) => (text += part) });
  return { code, text };
}

gpuSuite(
  'verify --dtype f16',
  (device) => {
    test('the carried vectors hold', async () => {
      const { code, text } = await run('--dtype', 'f16', '--details');
      console.log(text);
      expect(text).toContain('Precision: mixed (f16 with f32 sums)');
      expect(code).toBe(0);
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
