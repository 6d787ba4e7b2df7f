// The README's example, run as it stands there.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as acpScheduler from '../packages/acp-scheduler/src/index.ts';
import * as foxAttention from '../packages/fox-attention/src/index.ts';
import * as tensorCore from '../packages/tensor-core/src/index.ts';
import * as wgslKernels from '../packages/wgsl-kernels/src/index.ts';

const packages: Readonly<Record<string, Record<string, unknown>>> = {
  '@vulpes/acp-scheduler': acpScheduler,
  '@vulpes/fox-attention': foxAttention,
  '@vulpes/tensor-core': tensorCore,
  '@vulpes/wgsl-kernels': wgslKernels,
};

test('the example prunes and attends', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const imports = [...code.matchAll(/^import \{ (.*) \} from '(.*)';$/gm)].flatMap(
    ([, names = '', from = '']) =>
      names.split(', ').map((name) => [name, packages[from]?.[name]] as const),
  );
  expect(imports.length).toBeGreaterThan(5);
  expect(imports.every(([, value]) => value !== undefined)).toBe(true);
  const lines: unknown[][] = [];
  const body = code.replace(/^import .*$/gm, '');
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
  await new AsyncFunction('console', ...imports.map(([name]) => name), body)(
    { log: (...parts: unknown[]) => lines.push(parts) },
    ...imports.map(([, value]) => value),
  );
  expect(lines).toEqual([[[1, 512, 2, 64], 512 * 2 * 64]]);
});
