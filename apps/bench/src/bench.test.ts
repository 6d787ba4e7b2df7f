import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BenchCase,
  chooseCases,
  defaultSettings,
  markedTables,
  parseReport,
  type Variant,
} from '@vulpes/bench';
import { type DeviceCaps, ShapeError } from '@vulpes/tensor-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bench } from './bench.ts';
import { checkPytorch } from './check-pytorch.ts';
import { parseArguments } from './options.ts';
import { ReportWriter } from './outputs.ts';
import { tables } from './tables.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-bench-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(argv: readonly string[], casesOf?: Parameters<typeof bench>[2]): Promise<Ended> {
  const stderr = vi.spyOn(console, 'error').mockReturnValue(undefined);
  let stdout = '';
  const given = parseArguments(['--runs', '2', '--no-peaks', ...argv]);
  const code = await bench(given, { write: (part) => (stdout += part) }, casesOf);
  const complaints = stderr.mock.calls.join('\n');
  stderr.mockRestore();
  return { code, stdout, stderr: complaints };
}

const SMALL = ['--suite', 'boundary', '--case', 'T4096'];
const at = (name: string): string => join(folder, name);
const reportAt = (file: string) => parseReport(readFileSync(file, 'utf8'), file);

test('a small run: report, page, tables of it in a document', async () => {
  const [json, html, document] = [at('report.json'), at('report.html'), at('benchmarks.md')];
  const { code, stdout, stderr } = await run([...SMALL, '--json', json, '--html', html]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`report: ${json}\npage:   ${html}\n`);
  expect(stdout).toMatch(/^All 1 variant that ran passed their check\. \d+ s\.$/m);
  const report = reportAt(json);
  expect(report.cases).toHaveLength(1);
  expect(report.machine.host.commit).toMatch(/^[0-9a-f]{40}$/);
  expect(readFileSync(html, 'utf8')).toContain('Suite boundary');
  for (const _ of [1, 2]) tables([json, '--write', document], { write: () => {} });
  expect(() => tables([json, '--write', json], { write: () => {} })).toThrow(
    /^bench tables: expected two files, got .*report\.json for both, .*\.$/,
  );
  expect(readFileSync(document, 'utf8')).toBe(`${markedTables(report, 'report.json')}\n`);
});

test('20 runs after a second of work, within four minutes on a software adapter; what is given goes first', async () => {
  const settingsOf = async (...argv: string[]) => {
    const json = at('settings.json');
    const given = parseArguments([...SMALL, '--json', json, '--no-peaks', ...argv]);
    await bench(given, { write: () => {} });
    const { settings, cases, machine } = reportAt(json);
    return { settings, machine, runs: cases[0]?.variants[0]?.timing?.wallMs.runs };
  };
  const { settings, machine, runs } = await settingsOf();
  const asDefault = parseArguments([]);
  expect(settings).toEqual({
    suites: ['boundary'],
    runs: 20,
    warmSeconds: 1,
    longRunMs: machine.isSoftware ? 1000 : 500,
    maxTokens: null,
    presets: null,
    caseText: 'T4096',
    adapter: asDefault.adapter,
    kernels: asDefault.kernels,
    budgetSeconds: machine.isSoftware ? 240 : null,
  });
  expect(runs).toBe(20);
  const given = await settingsOf('--runs', '3', '--budget-seconds', '77', '--max-tokens', '5000');
  expect(given.settings).toMatchObject({ runs: 3, budgetSeconds: 77, maxTokens: 5000 });
  expect(given.runs).toBe(3);
  for (const isSoftware of [true, false]) {
    const caps = { isSoftware } as DeviceCaps;
    expect(defaultSettings({ caps })).toMatchObject({
      runs: 20,
      warmSeconds: 1,
      budgetSeconds: isSoftware ? 240 : null,
    });
  }
});

test('a case that fails is no refusal: page, complaint, exit code 1', async () => {
  const [json, html] = [at('failed.json'), at('failed.html')];
  const { code, stdout, stderr } = await run(['--json', json, '--html', html], (caps) => {
    const [real] = chooseCases(caps, parseArguments(SMALL)) as [BenchCase];
    const build = (): never => {
      throw new ShapeError('broken: expected a test.');
    };
    return [{ ...real, op: 'broken', variants: [{ name: 'broken', build }] }, real];
  });
  expect([code, stderr]).toEqual([1, '1 case failed; the table says why.']);
  expect(stdout).toContain(': failed: broken: expected a test.');
  expect(stdout).toContain(`page:   ${html}\nAll 1 variant that ran passed their check.`);
  expect(reportAt(json)).toMatchObject({ failed: 1, refused: [] });
});

test('a time budget leaves cases out and says so; where it leaves out all, that is no success', async () => {
  const json = ['--json', at('left-out.json')];
  const { code, stdout, stderr } = await run([
    '--suite',
    'matmul',
    '--budget-seconds',
    '0.001',
    ...json,
  ]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^bench: no case was measured; .*\.$/);
  expect(stdout.match(/left out by the time budget of 0\.001 s: \d+ \w/g)).toHaveLength(1);
  expect(stdout).not.toContain('it needs about');
  expect(stdout).not.toContain('passed their check');
});

/** The real case, whose twin is wrong about the first output's first number. */
function withWrongTwin(caps: DeviceCaps): BenchCase[] {
  const [real] = chooseCases(caps, parseArguments(SMALL)) as [BenchCase];
  const [variant] = real.variants as [Variant];
  const build: Variant['build'] = async (device, dims) => {
    const workload = await variant.build(device, dims);
    const expected = async () => {
      const { startIndex, ...others } = await workload.expected();
      const values = Array.from(startIndex?.values ?? []);
      values[values.length - 1] = (values.at(-1) as number) + 64;
      return { ...others, startIndex: { values, bound: 0 } };
    };
    return { ...workload, expected };
  };
  return [{ ...real, variants: [variant, { name: 'wrong', build }] }];
}

test('a red gate refuses the report: JSON that says so, no page, a sentence, exit code 1', async () => {
  const [json, html] = [at('refused.json'), at('refused.html')];
  const { code, stdout, stderr } = await run(['--json', json, '--html', html], withWrongTwin);
  expect(code).toBe(1);
  const id = 'find-block-ranges/search B1-T4096-H12-blockM64-blockN64';
  expect(stderr).toMatch(
    new RegExp(
      `^The report is refused: ${id} wrong: startIndex differs from its f64 reference by \\d\\.\\de-\\d \\(RMS error ratio; bound 0\\)\\. .*\\.$`,
    ),
  );
  expect(stdout).toContain(`report: ${json}\n`);
  expect(stdout).not.toContain('passed their check');
  expect(readdirSync(folder)).not.toContain('refused.html');
  const written = JSON.parse(readFileSync(json, 'utf8'));
  expect(Object.keys(written).slice(0, 5)).toContain('refused');
  expect(written.refused).toEqual([
    {
      case: id,
      variant: 'wrong',
      output: 'startIndex',
      rmsErrorRatio: expect.any(Number),
      bound: 0,
    },
  ]);
  expect(written.cases[0].variants[0].timing).not.toBeNull();
  expect(written.cases[0].variants[1]).toMatchObject({ timing: null, counts: null });
  expect(() => tables([json], { write: () => {} })).toThrow(
    new RegExp(`^bench tables: ${json} is refused: ${id} wrong: startIndex differs .*\\.$`),
  );
});

test('a file that cannot be written at the end costs no table, and ends in a sentence', async () => {
  // Between the start, where the file is opened, and the first report a folder takes its place.
  const json = at('gone.json');
  const { code, stdout, stderr } = await run(['--json', json], (caps) => {
    mkdirSync(json);
    return chooseCases(caps, parseArguments(SMALL));
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/one launch +ok exact +2/);
  expect(stdout).not.toContain('report:');
  expect(stderr).toMatch(/^bench: expected to write .*gone\.json, got EISDIR.*\.$/);
});

test('without a name the report goes to a folder of its own, which is made before anything is measured', async () => {
  writeFileSync(at('runs'), 'a file where the folder should be');
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(folder);
  await expect(run(SMALL)).rejects.toThrow(
    /^bench: expected to make the folder .*runs.bench.* for the report, got E.*--json and --html.*\.$/,
  );
  if (process.platform === 'linux') {
    cwd.mockReturnValue('/proc');
    await expect(run(SMALL)).rejects.toThrow(
      /^bench: expected to make the folder \/proc\/runs\/.*\.$/,
    );
    cwd.mockReturnValue(folder);
  }
  rmSync(at('runs'));
  const { stdout } = await run(SMALL);
  cwd.mockRestore();
  const [name] = readdirSync(at('runs/bench'));
  expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d$/);
  expect(readdirSync(at(`runs/bench/${name}`))).toEqual(['report.html', 'report.json']);
  expect(stdout).toContain(at(`runs/bench/${name}/report.json`));
});

test('runs that start in the same second have a folder each; an empty one goes', () => {
  const base = at('same-second');
  mkdirSync(base);
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(base);
  vi.useFakeTimers({ now: new Date('2026-11-25T02:38:12Z') });
  const none = { json: null, html: null };
  const writers = [1, 2, 3].map(() => new ReportWriter(none));
  vi.useRealTimers();
  cwd.mockRestore();
  const runs = join(base, 'runs', 'bench');
  const names = ['2026-11-25T02-38-12', '2026-11-25T02-38-12-2', '2026-11-25T02-38-12-3'];
  expect(readdirSync(runs).sort()).toEqual(names);
  const [first, second] = writers as [ReportWriter, ReportWriter];
  first.save(reportAt(at('report.json')));
  for (const writer of [first, second]) writer.removeEmptyFolder();
  expect(readdirSync(runs).sort()).toEqual([names[0], names[2]]);
  expect(readdirSync(join(runs, names[0] as string))).toEqual(['report.json']);
});

test('PyTorch that is not there is told before anything is measured', async () => {
  const python = at('python');
  writeFileSync(
    python,
    '#!/bin/sh\necho "ModuleNotFoundError: No module named \'torch\'" >&2\nexit 1\n',
  );
  chmodSync(python, 0o755);
  const json = at('no-torch.json');
  await expect(
    run([...SMALL, '--json', json, '--compare', 'pytorch', '--python', python]),
  ).rejects.toThrow(
    /^bench --compare pytorch: expected \S+python to import torch, got: ModuleNotFoundError: No module named 'torch'\. .*--python PATH\.$/,
  );
  expect(existsSync(json)).toBe(false);
  await expect(checkPytorch(at('none'))).rejects.toThrow(/to import torch, got: .*ENOENT/);
  writeFileSync(python, '#!/bin/sh\nexec sleep 60\n');
  await expect(checkPytorch(python, 200)).rejects.toThrow(/got: no end of it in 0\.2 s\./);
  writeFileSync(python, '#!/bin/sh\n[ "$1 $2" = "-c import torch" ]\n');
  await checkPytorch(python);
});
