import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suiteNames } from '@vulpes/bench';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseArguments } from '../options.ts';
import { checkOutBase, commitOf, repositoryOf } from './base-checkout.ts';
import { childArguments, runSide, suitesOf } from './child-run.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-no-checkout-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sentence = (text: RegExp) =>
  expect.objectContaining({ message: expect.stringMatching(text) });

test('outside of a git checkout', () => {
  expect(() => repositoryOf(folder)).toThrow(
    sentence(/^bench --base: this is no git checkout .*\.$/),
  );
});

test('an unknown ref', () => {
  const repository = repositoryOf(import.meta.dirname);
  expect(commitOf(repository, 'HEAD')).toMatch(/^[0-9a-f]{40}$/);
  expect(() => commitOf(repository, 'no-such-branch')).toThrow(
    sentence(/^bench --base: this repository has no commit 'no-such-branch'\..*\.$/),
  );
});

test('a commit that has no setup of its own', () => {
  const repository = repositoryOf(import.meta.dirname);
  expect(() => checkOutBase(repository, '0'.repeat(40))).toThrow(
    sentence(/^bench --base: commit 0000000000 could not be built: /),
  );
});

test('a base without the suite; all suites mean those that it has', () => {
  const help = '--suite <name...>  suites to run, of matmul, attention; default: all';
  expect(suitesOf(help, ['matmul'], 'v1')).toEqual(['matmul']);
  expect(suitesOf(help, suiteNames, 'v1')).toEqual(['matmul', 'attention']);
  expect(() => suitesOf(help, ['decode'], 'v1')).toThrow(
    sentence(/^bench --base: v1 has no suite 'decode'\. .*\.$/),
  );
});

test('a side is only told the options that it knows', () => {
  const given = parseArguments('--suite matmul --runs 7 --case M512 --base main'.split(' '));
  const old = '--suite <name...> --out <file> --runs <n> --adapter <choice> --kernels <family> ';
  const [adapter, kernels] = [given.adapter, given.kernels];
  expect(childArguments(old, given, 'r.json')).toEqual([
    ...'--suite matmul --out r.json --runs 7'.split(' '),
    ...['--adapter', adapter, '--kernels', kernels],
  ]);
  expect(childArguments(`${old}--json <file> --case <text> --no-peaks `, given, 'r.json')).toEqual([
    ...'--suite matmul --json r.json --runs 7 --case M512'.split(' '),
    ...['--adapter', adapter, '--kernels', kernels, '--no-peaks'],
  ]);
});

test('a side that ends without a report says why', async () => {
  const side = { name: 'base', main: join(folder, 'none.js'), help: '' };
  await expect(runSide(side, parseArguments([]))).rejects.toThrow(
    sentence(/^bench --base: the benchmark of base ended with 1 and no report: /),
  );
});
