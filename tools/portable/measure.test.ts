// measure.sh beside a program that stands in for the commands: what it runs, and what it makes of their exit codes.

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-measure-'));
  copyFileSync(join(import.meta.dirname, 'measure.sh'), join(folder, 'measure.sh'));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Host {
  readonly isSoftware?: boolean;
  readonly hasTorch?: boolean;
  /** What each command does. */
  readonly body?: string;
}

/** Runs it on a host of this kind. */
function measure(
  { isSoftware = false, hasTorch = true, body = 'exit 0' }: Host,
  more: readonly string[] = [],
) {
  const asked = join(folder, 'asked.txt');
  const doctor = `{\n  "isSoftware": ${isSoftware},\n  "toggles": []\n}`;
  const program = [
    '#!/bin/sh',
    `[ "$1 $2" = "doctor --json" ] && { echo '${doctor}'; exit 0; }`,
    `echo "$*" >>'${asked}'`,
    body,
  ];
  const vulpes = join(folder, 'vulpes');
  writeFileSync(vulpes, `${program.join('\n')}\n`);
  writeFileSync(asked, '');
  chmodSync(vulpes, 0o755);
  const python = join(folder, 'python');
  writeFileSync(python, `#!/bin/sh\nexit ${hasTorch ? 0 : 1}\n`);
  chmodSync(python, 0o755);
  const args = [join(folder, 'measure.sh'), join(folder, 'out'), ...more];
  const env = { ...process.env, PYTHON: python };
  const { status, stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8', env });
  return { status, stdout, stderr, steps: readFileSync(asked, 'utf8').trim().split('\n') };
}

test('without a GPU it ends at once, with a sentence', () => {
  const { status, stderr, steps } = measure({ isSoftware: true });
  expect(status).toBe(1);
  expect(stderr).toMatch(/^measure\.sh: expected a GPU, .*\.\n$/);
  expect(steps).toEqual(['']);
});

test('with one every step runs; all good is 0', () => {
  const { status, stdout, stderr, steps } = measure({});
  expect(status, stdout).toBe(0);
  expect(stderr).toBe('');
  expect(steps.map((step) => step.split(' ')[0])).toEqual(
    ['doctor', 'verify', 'verify'].concat(Array.from({ length: 4 }, () => 'bench')),
  );
  expect(stdout.match(/: done, \d+ s$/gm)).toHaveLength(steps.length);
});

test('the official checkout is named where PyTorch runs, and nowhere else', () => {
  const { steps } = measure({}, ['golden', '/the fox']);
  const named = steps.filter((step) => step.includes('--fox-path /the fox'));
  expect(named).toEqual(steps.filter((step) => step.includes('pytorch')));
  expect(named).toHaveLength(3);
});

test('without PyTorch its rows are left out, aloud; the others stay', () => {
  const { status, stderr, steps } = measure({ hasTorch: false }, ['golden', '/the fox']);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^measure\.sh: .*python has no PyTorch, so its rows are left out\.\n$/);
  expect(steps).toHaveLength(7);
  expect(
    steps.filter((step) =>
      /pytorch |fox-path|--python/.test(`${step} `.replace(/\S+\.(json|html)/g, '')),
    ),
  ).toEqual([]);
  expect(steps.filter((step) => step.includes('--compare'))).toEqual([
    expect.stringMatching(/--compare jax-js,tfjs$/),
  ]);
});

test('a step that fails is named, the others run, and the exit code is 1', () => {
  const { status, stdout, steps } = measure({ body: '[ "$1" = verify ] && exit 3; exit 0' });
  expect(status).toBe(1);
  expect(stdout).toMatch(/^verify: failed with exit code 3, \d+ s$/m);
  expect(steps).toHaveLength(7);
});
