// The README's example, run as it stands there, and the commands that it names.

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

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('every command that it names exists, with the options that it names', () => {
  const { scripts } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { scripts: Record<string, string> };
  const named = [...readme.matchAll(/npm run ([a-z]+)/g)].map(([, name]) => name as string);
  expect(new Set(named)).toEqual(
    new Set(['trainer', 'inspect', 'doctor', 'verify', 'portable', 'bench']),
  );
  expect(named.filter((name) => !scripts[name])).toEqual([]);
  for (const line of readme.split('\n').filter((text) => text.startsWith('| `npm run '))) {
    const app = /npm run ([a-z]+)/.exec(line)?.[1];
    for (const [option] of line.matchAll(/--[a-z]+/g)) {
      if (option === '--help') continue; // commander's own
      const source = readFileSync(
        new URL(`../apps/${app}/src/options.ts`, import.meta.url),
        'utf8',
      );
      expect(source.includes(`'${option}`), `${app} ${option}`).toBe(true);
    }
  }
});

test('the example prunes and attends', async () => {
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
