import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BenchCase,
  chooseCases,
  type Expected,
  parseReport,
  type Variant,
} from '@vulpes/bench';
import { type DeviceCaps, ShapeError } from '@vulpes/tensor-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bench, formatProgress } from './bench.ts';
import { parseArguments } from './options.ts';
import { ReportWriter } from './report-writer.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(argv: readonly string[], choose?: Parameters<typeof bench>[2]) {
  const spy = vi.spyOn(console, 'error').mockReturnValue(undefined);
  let stdout = '';
  const given = parseArguments(['--runs', '2', '--no-peaks', ...argv]);
  const code = await bench(given, { write: (part) => (stdout += part) }, choose);
  const stderr = spy.mock.calls.join('\n');
  spy.mockRestore();
  return { code, stdout, stderr };
}

const SMALL = ['--suite', 'matmul', '--case', 'M256'];
const at = (name: string): string => join(folder, name);
const reportAt = (file: string) => parseReport(readFileSync(file, 'utf8'), file);

test('a small run: report, page, and the options in the report', async () => {
  const [json, html] = [at('report.json'), at('report.html')];
  const { code, stdout, stderr } = await run([...SMALL, '--json', json, '--budget-seconds', '77']);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`report: ${json}\npage:   ${html}\n`);
  expect(stdout).toMatch(/^All 3 variants that ran passed their check\. \d+ s\.$/m);
  const report = reportAt(json);
  expect(report.cases).toHaveLength(1);
  expect(report.cases[0]?.variants[0]?.timing?.wallMs.runs).toBe(2);
  expect(report.settings).toMatchObject({ runs: 2, budgetSeconds: 77, caseText: 'M256' });
  expect(report.machine.host.commit).toMatch(/^[0-9a-f]{40}$/);
  expect(readFileSync(html, 'utf8')).toContain('Suite matmul');
});

test('a case that fails: the others run, and the exit code is 1', async () => {
  const json = at('failed.json');
  const { code, stdout, stderr } = await run(['--json', json], (caps) => {
    const [real] = chooseCases(caps, parseArguments(SMALL).filter) as [BenchCase];
    const build = (): never => {
      throw new ShapeError('broken: expected a test.');
    };
    return [{ ...real, op: 'broken', variants: [{ name: 'broken', build }] }, real];
  });
  expect([code, stderr]).toEqual([1, 'bench: 1 case failed; the table says why.']);
  expect(stdout).toContain(': failed: broken: expected a test.');
  expect(stdout).toContain('page: ');
  expect(reportAt(json)).toMatchObject({ failed: 1, failedChecks: [] });
});

test('where nothing was measured the exit code is 1', async () => {
  const json = ['--json', at('left-out.json')];
  const { code, stdout, stderr } = await run([...SMALL, '--budget-seconds', '1e-9', ...json]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^bench: no case was measured; .*\.$/);
  expect(stdout).toContain('1 case left out by the time budget');
});

/** The real case, with a variant whose reference has one wrong number. */
function addWrongVariant(caps: DeviceCaps): BenchCase[] {
  const [real] = chooseCases(caps, parseArguments(SMALL).filter) as [BenchCase];
  const [variant] = real.variants as [Variant];
  const build: Variant['build'] = async (device, dims) => {
    const workload = await variant.build(device, dims);
    const expected = async () => {
      const { c } = await workload.expected();
      const values = Array.from(c?.values ?? []);
      values[values.length - 1] = (values.at(-1) as number) + 64;
      return { c: { ...(c as Expected), values } };
    };
    return { ...workload, expected };
  };
  return [{ ...real, variants: [variant, { name: 'wrong', build }] }];
}

test('a failed check: the JSON names it, there is no page, and the exit code is 1', async () => {
  const json = at('wrong.json');
  const { code, stdout, stderr } = await run(['--json', json], addWrongVariant);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^bench: the check failed: \S+ \S+ wrong: c \S+ > 0\.00001\. No page .*\.$/,
  );
  expect(stdout).not.toContain('passed their check');
  expect(readdirSync(folder)).not.toContain('wrong.html');
  const { failedChecks, cases } = reportAt(json);
  expect(failedChecks).toEqual([expect.stringContaining(' wrong: c ')]);
  expect(cases[0]?.variants[0]?.timing).not.toBeNull();
  expect(cases[0]?.variants[1]).toMatchObject({ timing: null, counts: null });
});

test('a file that cannot be written at the end: the table is printed, the exit code is 1', async () => {
  // Between the start, where the file is opened, and the first report a folder takes its place.
  const json = at('gone.json');
  const { code, stdout, stderr } = await run(['--json', json], (caps) => {
    mkdirSync(json);
    return chooseCases(caps, parseArguments(SMALL).filter);
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/nn +ok \S+ +2/);
  expect(stdout).not.toContain('report:');
  expect(stderr).toMatch(/^bench: expected to write .*gone\.json, got EISDIR.*\.$/);
});

test('without a name each run has a folder of its own', () => {
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder);
  vi.useFakeTimers({ now: new Date('2026-11-25T02:38:12.345Z') });
  const writer = new ReportWriter();
  vi.useRealTimers();
  cwd.mockRestore();
  expect(writer.describeState()).toBe('No report was written.');
  writeFileSync(at('runs'), 'a file where the folder should be');
  const report = reportAt(at('report.json'));
  expect(writer.save(report)).toMatch(/^bench: expected to write .*report\.json, got .*--json\.$/);
  rmSync(at('runs'));
  expect(writer.save(report)).toBeNull();
  expect(readdirSync(at('runs/bench/2026-11-25T02-38-12-345Z'))).toEqual(['report.json']);
});

test('progress', () => {
  const at = { caseId: 'a/forward T1', elapsedMs: 65_000 };
  expect(formatProgress({ ...at, casesDone: 1, casesTotal: 6 })).toEqual({
    text: '1/6, 1m05s | a/forward T1',
    done: 1,
    total: 6,
    plain: '[2/6] a/forward T1',
  });
});
