// The example of the README, run as it stands there.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as data from './index.ts';

test('the example reads and decodes', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const names = /^import \{ (.*) \} from '@vulpes\/data';$/m.exec(code)?.[1]?.split(', ') ?? [];
  const values = names.map((name) => (data as Record<string, unknown>)[name]);
  expect(names.length).toBeGreaterThan(1);
  expect(values.every((value) => value !== undefined)).toBe(true);
  const lines: unknown[][] = [];
  const console = { log: (...parts: unknown[]) => lines.push(parts) };
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
  const body = code.replace(/^import .*$/gm, '');
  await new AsyncFunction('console', ...names, body)(console, ...values);
  expect(lines).toEqual([
    [
      expect.stringMatching(/^the quick brown fox$/),
      8480,
      520,
      expect.stringMatching(/^[0-9a-f]{8}$/),
    ],
  ]);
});
