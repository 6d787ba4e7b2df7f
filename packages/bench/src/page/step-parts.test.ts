// Every kernel that the packages have belongs to a part; what a step and a token really launch is asked in the tests of their suites.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { OTHER_PART, stepPartOf } from './step-parts.ts';

const PACKAGES = new URL('../../../', import.meta.url);
const WITH_KERNELS = ['wgsl-kernels', 'acp-scheduler', 'fox-attention', 'lm-models'];

test.each(WITH_KERNELS)('every kernel of %s has a part', (name) => {
  const folder = new URL(`${name}/src/`, PACKAGES);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const names = files
    .filter((file) => file.endsWith('.kernel.ts'))
    .flatMap((file) => [
      ...readFileSync(new URL(file, folder), 'utf8').matchAll(/\bname: ['`]([^'`$]+)/g),
    ])
    .map(([, kernel = '']) => kernel);
  expect(names.length).toBeGreaterThan(3);
  expect(names.filter((kernel) => stepPartOf(kernel) === OTHER_PART)).toEqual([]);
});
