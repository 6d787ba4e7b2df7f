import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { storedCommands } from './stored-commands.ts';

const REPORT = '2026-11-25-h200-training-peers.json';
const reports = join(import.meta.dirname, '..', '..', '..', 'docs', 'reports');
let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-page-'));
  file = join(folder, 'report.json');
  copyFileSync(join(reports, REPORT), file);
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a page beside the report', async () => {
  const printed: string[] = [];
  expect(await storedCommands.page!([file], { write: (text) => printed.push(text) })).toBe(0);
  expect(printed).toEqual([`Wrote ${join(folder, 'report.html')}.\n`]);
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toMatch(/^<!doctype html>.*jax-js/is);
});

test('pictures alone, each a whole SVG', async () => {
  await storedCommands.page!([file, '--pictures', join(folder, 'new', 'pictures')], {
    write: () => {},
  });
  expect(readdirSync(folder).sort()).toEqual(['new', 'report.json']);
  const names = readdirSync(join(folder, 'new', 'pictures')).sort();
  expect(names).toEqual(['a-training-step.svg', 'beside-other-libraries.svg']);
  for (const name of names) {
    expect(readFileSync(join(folder, 'new', 'pictures', name), 'utf8')).toMatch(
      /^<svg .*<\/svg>$/s,
    );
  }
});

test('a report with failed checks is not drawn, nor another file', async () => {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  report.failedChecks = ['a b: y 1.0e+0 > 0.00001'];
  writeFileSync(file, JSON.stringify(report));
  await expect(storedCommands.page!([file], { write: () => {} })).rejects.toThrow(
    /^bench page: .* has failed checks: /,
  );
  writeFileSync(file, '{}');
  await expect(storedCommands.page!([file], { write: () => {} })).rejects.toThrow(/report/);
  expect(readdirSync(folder)).toEqual(['report.json']);
});
