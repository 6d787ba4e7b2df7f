// package.json: scripts run in cmd.exe and PowerShell, too, and every package says what it is.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../', import.meta.url);

const manifests = [
  'package.json',
  ...['packages', 'apps'].flatMap((kind) =>
    readdirSync(new URL(kind, root)).map((name) => `${kind}/${name}/package.json`),
  ),
].filter((file) => existsSync(new URL(file, root)));

/** What only a POSIX shell understands: its commands, variables, quotes, pipes and redirections. */
const POSIX_ONLY =
  /(?:^|&&\s*)(?:(?:exec|export|source|cp|mv|rm|mkdir|cat|ls|touch|sed|sh|bash)\b|\w+=|\.\/)|[$'`;|<>*~]/;

const findFault = (script: string) => POSIX_ONLY.exec(script)?.[0];

test('the pattern finds what only a POSIX shell runs', () => {
  for (const script of [
    'exec node a.mjs',
    'A=1 node a.mjs',
    'rm -rf dist',
    "echo 'a'",
    './run',
    'a | b',
  ]) {
    expect(findFault(script), script).toBeDefined();
  }
  expect(findFault('node tools/run.mjs start')).toBeUndefined();
});

test.each(manifests)('scripts of %s', (file) => {
  const { scripts = {} } = JSON.parse(readFileSync(new URL(file, root), 'utf8')) as {
    scripts?: Record<string, string>;
  };
  for (const [name, script] of Object.entries(scripts)) {
    expect(findFault(script), `${name}: ${script}`).toBeUndefined();
  }
});

test.each(manifests)('metadata of %s', (file) => {
  const manifest = JSON.parse(readFileSync(new URL(file, root), 'utf8')) as Record<string, unknown>;
  expect(manifest).toMatchObject({
    description: expect.stringMatching(/.{10}/),
    keywords: expect.arrayContaining([expect.any(String)]),
    license: 'MIT',
    repository: expect.objectContaining({ type: 'git' }),
    engines: { node: expect.stringContaining('>=') },
    sideEffects: expect.anything(),
  });
});
