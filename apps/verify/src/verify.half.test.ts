// Verify in mixed precision. All vectors are for a GPU: compiling their kernels on a CPU takes minutes.

import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import { parseOptions } from './options.ts';
import { verify } from './verify.ts';

async function run(...argv: string[]) {
  let text = '';
  const write = (part: string) => {
    text += part;
  };
  const code = await verify(parseOptions(argv), { write });
  return { code, text };
}

gpuSuite(
  'verify --dtype f16',
  () => {
    test('a case of attention holds', async () => {
      const only = 'attention/padded_d64_one_head';
      const { code, text } = await run('--dtype', 'f16', '--only', only, '--details');
      expect(text).toContain('Precision: mixed (f16 with f32 sums)');
      expect(text).toContain('1 passed, 0 failed');
      expect(code).toBe(0);
    });
  },
  ['auto'],
  { requires: { features: ['f16'] } },
);
