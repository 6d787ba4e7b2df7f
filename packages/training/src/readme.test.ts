// The example of the README, run as it stands there.

import { readFileSync } from 'node:fs';
import * as data from '@vulpes/data';
import * as models from '@vulpes/lm-models';
import * as core from '@vulpes/tensor-core';
import { gpuSuite } from '@vulpes/tensor-core/testing';
import { expect, test } from 'vitest';
import * as training from './index.ts';

const packages: Readonly<Record<string, Record<string, unknown>>> = {
  '@vulpes/data': data,
  '@vulpes/lm-models': models,
  '@vulpes/tensor-core': core,
  '@vulpes/training': training,
};

/** The first code block, with its imports taken from the packages' sources. */
function parseExample(readme: string): { body: string; names: string[]; values: unknown[] } {
  const code = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const imports = [...code.matchAll(/^import \{ (.*) \} from '(.*)';$/gm)].flatMap(
    ([, names = '', from = '']) =>
      names.split(', ').map((name) => [name, packages[from]?.[name]] as const),
  );
  return {
    body: code.replace(/^import .*$/gm, ''),
    names: imports.map(([name]) => name),
    values: imports.map(([, value]) => value),
  };
}

gpuSuite('README', (device) => {
  test('the example trains and saves', async () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const { body, names, values } = parseExample(readme);
    expect(values.every((value) => value !== undefined)).toBe(true);
    values[names.indexOf('createDevice')] = async () => device();
    const lines: string[] = [];
    const console = { log: (...parts: unknown[]) => lines.push(parts.join(' ')) };
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    await new AsyncFunction('console', ...names, body)(console, ...values);
    expect(lines).toHaveLength(21);
    expect(lines[19]).toMatch(/^20 \d\.\d+$/);
    expect(lines[20]).toMatch(
      /^held-out loss \d\.\d+ nats per byte, saved in run\/checkpoints\/step-00000020$/,
    );
  });
});
