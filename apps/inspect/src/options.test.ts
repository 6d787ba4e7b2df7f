// The command line's options: what they mean and what they accept.

import { expect, test } from 'vitest';
import { createProgram, type InspectCommandOptions } from './options.ts';

async function parse(...args: string[]): Promise<[string, InspectCommandOptions]> {
  let parsed: [string, InspectCommandOptions] | undefined;
  const program = createProgram(async (model, options) => {
    parsed = [model, options];
  });
  program.exitOverride().configureOutput({ writeErr: () => {} });
  await program.parseAsync(args, { from: 'user' });
  return parsed as [string, InspectCommandOptions];
}

test('options are read', async () => {
  expect(await parse('run')).toEqual(['run', { tolerance: -10, adapter: 'auto' }]);
  const args = [
    'm',
    '--layers',
    '3,0,3',
    '--tolerance',
    '-5',
    '--tokens',
    '99',
    '--out',
    '/p.html',
  ];
  const expected = { layers: [0, 3], tolerance: -5, tokens: 99, out: '/p.html', adapter: 'auto' };
  expect(await parse(...args)).toEqual(['m', expected]);
});

test.each([
  [[], /missing required argument 'model'/],
  [['m', '--layers', '1,,2'], /values with commas between/],
  [['m', '--layers', '-1'], /whole number of at least 0/],
  [['m', '--tolerance', '0'], /Expected a number below 0/],
  [['m', '--tokens', '1.5'], /whole number of at least 1/],
  [['m', '--adapter', 'tpu'], /Allowed choices are auto, hardware, software/],
  [['m', '--out', '/no/folder/p.html'], /There is no folder/],
  [['m', '--txet', 'f'], /unknown option '--txet'/],
] as const)('%j is an error', async (args, message) => {
  await expect(parse(...args)).rejects.toThrow(message);
});
