import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pairRounds, parseReport, suiteNames } from '@vulpes/bench';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { bench } from '../bench.ts';
import { errorLine } from '../error-line.ts';
import { helpText, parseArguments } from '../options.ts';
import { checkOutBase, commitOf, repositoryOf } from './base-checkout.ts';
import { runSide, sideRun } from './child-run.ts';
import { alternateSides, conclude } from './compare-with-base.ts';
import { buildComparison, headLine } from './comparison.ts';
import { runProcess } from './run-process.ts';
import { childArguments, optionsIn, suitesOf } from './side-options.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vulpes-no-checkout-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sentence = (text: RegExp) =>
  expect.objectContaining({ message: expect.stringMatching(text) });
const { signal: never } = new AbortController();

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

test('a commit that cannot be built', async () => {
  const repository = repositoryOf(import.meta.dirname);
  await expect(checkOutBase(repository, '0'.repeat(40), never)).rejects.toThrow(
    sentence(/^bench --base: commit 0000000000 could not be built: fatal: .*0000/),
  );
});

// As commander prints it: folded at 80 columns, with more below the options.
const HELP = `Usage: bench [options]

Measures kernels; decode is what a later version measures, too.

Options:
  --suite <names...>  of matmul, boundary,
                      attention; default: all
  -o, --out <file>    the report, as of --json <file> later
  --runs <n>          timed runs (not with --case <text> of training)
  --adapter <choice>  which adapter
  --kernels <family>  kernel variants

Suites:
  pruning    what the rules keep.
    --no-peaks is no option.
`;

test('suites and options are those that --help lists as such, wherever else it names them', () => {
  expect([...optionsIn(HELP).keys()]).toEqual(
    '--suite --out --runs --adapter --kernels'.split(' '),
  );
  expect(suitesOf(HELP, ['boundary', 'attention'], 'v1')).toEqual(['boundary', 'attention']);
  expect(suitesOf(HELP, suiteNames, 'v1')).toEqual(['matmul', 'attention', 'boundary']);
  for (const suite of ['decode', 'training', 'pruning'] as const) {
    expect(() => suitesOf(HELP, [suite], 'v1')).toThrow(
      sentence(new RegExp(`^bench --base: v1 has no suite '${suite}'\\. .*\\.$`)),
    );
  }
  expect(() => suitesOf('', suiteNames, 'v0')).toThrow(sentence(/v0 has no suite 'matmul'/));
});

test('a side is only told the options that it knows; this version knows all', () => {
  const given = parseArguments('--suite matmul --runs 7 --case M512 --base main'.split(' '));
  const [adapter, kernels] = [given.adapter, given.kernels];
  const same = ['--adapter', adapter, '--kernels', kernels];
  expect(childArguments(HELP, given, 'r.json')).toEqual([
    ...'--suite matmul --out r.json --runs 7'.split(' '),
    ...same,
  ]);
  const all = '--max-tokens 9 --preset pro-nano,pro-tiny --case M512 --budget-seconds 60'.split(
    ' ',
  );
  const full = parseArguments(['--suite', 'matmul', '--runs', '7', '--base', 'main', ...all]);
  expect(suitesOf(helpText(), suiteNames, 'head')).toEqual(suiteNames);
  expect(childArguments(helpText(), full, 'r.json')).toEqual([
    ...'--suite matmul --json r.json --runs 7'.split(' '),
    ...all,
    ...same,
    '--no-peaks',
  ]);
});

test('the sides take turns A B B A, as many rounds as asked for', async () => {
  const order: string[] = [];
  const { rounds } = parseArguments(['--base', 'main']).base ?? { rounds: 0 };
  const runs = await alternateSides(rounds, async (side, round) => {
    order.push(side === 'base' ? 'A' : 'B');
    return `${side} ${round}`;
  });
  expect(order.join('')).toBe('ABBAABBAAB');
  expect(runs.base).toEqual(['base 0', 'base 1', 'base 2', 'base 3', 'base 4']);
  expect(runs.head).toEqual(['head 0', 'head 1', 'head 2', 'head 3', 'head 4']);
});

test('a side that ends without a report says why: the error, not what Node prints below it', async () => {
  const side = { name: 'base', main: join(folder, 'none.js'), help: '' } as const;
  await expect(runSide(side, parseArguments([]), never)).rejects.toThrow(
    sentence(
      /^bench --base: the benchmark of base ended with 1 and no report: Error: .*none\.js'$/,
    ),
  );
});

test.each([
  [
    'TypeError: x is not a function',
    'a.js:1\n  x();\n  ^\n\nTypeError: x is not a function\n    at a.js:1\n\nNode.js v20.20.2\n',
  ],
  ["error: unknown option '--fast'", "error: unknown option '--fast'\n(Did you mean --base?)\n"],
  [
    'src/a.ts(3,1): error TS2304: no name.',
    'building\nsrc/a.ts(3,1): error TS2304: no name.\n\nvulpes: build failed (exit code 1, 3 s)\n',
  ],
  [
    'vulpes: build failed (exit code 1, 3 s)',
    'building\n\nvulpes: build failed (exit code 1, 3 s)\n',
  ],
  [
    'torch.OutOfMemoryError: CUDA out of memory.',
    'Traceback (most recent call last):\n  File "a.py", line 1, in <module>\n    x()\ntorch.OutOfMemoryError: CUDA out of memory.\n',
  ],
  ['it printed nothing', ''],
])('the line that tells why: %s', (line, stderr) => {
  expect(errorLine(stderr)).toBe(line);
});

test('a process is ended by the signal, and waited for', async () => {
  const file = join(folder, 'ended');
  const script = `process.on('SIGTERM', () => setTimeout(() => { require('fs').writeFileSync(${JSON.stringify(file)}, 'ended'); process.exit(0); }, 100)); setInterval(() => {}, 1000);`;
  const controller = new AbortController();
  const ending = runProcess(process.execPath, ['-e', script], {
    cwd: folder,
    stop: controller.signal,
  });
  setTimeout(() => controller.abort(new Error('by a test')), 500);
  await expect(ending).rejects.toThrow('by a test');
  expect(readFileSync(file, 'utf8')).toBe('ended');
});

/** Report of a real run of the smallest case. */
async function smallReport() {
  const file = join(folder, 'small.json');
  const options = `--suite boundary --case T4096 --runs 1 --no-peaks --json ${file}`;
  await bench(parseArguments(options.split(' ')), { write: () => {} });
  return parseReport(readFileSync(file, 'utf8'), file);
}

test('a refused report of a side ends the comparison in a sentence, and so does a failed case', async () => {
  const small = await smallReport();
  expect(sideRun(small, { name: 'head' }).times).toHaveLength(1);
  const [first] = small.cases;
  const [variant] = first?.variants ?? [];
  const checks = [
    { output: 'endIndex', rmsErrorRatio: 0.5, maxAbsError: 64, bound: 0, isOk: false },
  ];
  const gate = { isOk: false, dims: {}, checks };
  const wrong = { ...variant!, gate, timing: null, counts: null };
  const cases = [{ ...first!, variants: [wrong] }];
  // Old reports only count what was refused.
  const old = JSON.parse(JSON.stringify({ ...small, cases, refused: 1 }));
  expect(() => sideRun(old, { name: 'base' })).toThrow(
    sentence(
      /^bench --base: the report of base is refused, .*: find-block-ranges.* one launch: endIndex differs from its f64 reference by 5\.0e-1 \(RMS error ratio; bound 0\)\.$/,
    ),
  );
  // Before schema 4 the kind stood in the reason.
  for (const failed of [{ kind: 'failed', why: 'it broke.' }, { why: 'failed: it broke.' }]) {
    const notMeasured = [{ runner: 'vulpes', case: 'a/forward M1', ...failed }];
    const report = JSON.parse(JSON.stringify({ ...small, notMeasured }));
    expect(() => sideRun(report, { name: 'head' })).toThrow(
      sentence(/^bench --base: a\/forward M1 of head failed: it broke\. .*\.$/),
    );
  }
});

test('the comparison is printed, judged at its limit, and written', async () => {
  const { machine } = await smallReport();
  const ofRound = (ms: number, name = 'a') => [
    { case: name, variant: 'v', wallMs: ms, fastestMs: ms / 2, gpuMs: null },
  ];
  const paired = pairRounds([[...ofRound(10), ...ofRound(1, 'old')]], [ofRound(11)], {
    isSoftware: false,
  });
  const comparisonAt = (failAbove: number | null) =>
    buildComparison(
      paired,
      {
        base: { ref: 'main', commit: 'b'.repeat(40), rounds: 5, failAbove },
        suites: ['boundary'],
        machine: { ...machine, host: { ...machine.host, commit: 'a'.repeat(40), isDirty: true } },
      },
      new Date(0),
    );
  const file = join(folder, 'comparison.json');
  let text = '';
  const stdout = { write: (part: string) => (text += part) };
  expect(conclude(comparisonAt(1.1), null, stdout)).toBe(0);
  expect(conclude(comparisonAt(null), null, stdout)).toBe(0);
  expect(text).not.toContain('comparison:');
  text = '';
  expect(conclude(comparisonAt(1.09), file, stdout)).toBe(1);
  expect(text.split('\n')).toEqual([
    'head aaaaaaaaaa with changed files against main (bbbbbbbbbb): time of head / time of base',
    '',
    'case  head / base (p10-p90)  clock  rounds',
    'a v   1.100 (1.100-1.100)    wall   1',
    'only in base: old v',
    '1 of 1 took more than 1.09 times the base: a v.',
    `comparison: ${file}`,
    '',
  ]);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
    schema: 'vulpes-bench-comparison/2',
    createdAt: '1970-01-01T00:00:00.000Z',
    base: { ref: 'main', commit: 'b'.repeat(40) },
    head: { commit: 'a'.repeat(40), isDirty: true },
    settings: { suites: ['boundary'], rounds: 5, failAbove: 1.09 },
    machine: { isSoftware: machine.isSoftware, host: { cpu: machine.host.cpu } },
    rows: [
      {
        case: 'a',
        variant: 'v',
        clock: 'wall',
        ratio: { median: 1.1 },
        baseMs: [10],
        headMs: [11],
      },
    ],
    onlyBase: ['old v'],
    onlyHead: [],
    notInEveryRound: [],
  });
  const clean = { commit: 'a'.repeat(40), isDirty: false };
  expect(headLine({ ...comparisonAt(null), head: clean })).toMatch(
    /^head aaaaaaaaaa against main /,
  );
});

test('a comparison that cannot be written ends in a sentence and exit code 1', async () => {
  const { machine } = await smallReport();
  const time = [{ case: 'a', variant: 'v', wallMs: 1, fastestMs: 1, gpuMs: null }];
  const base = { ref: 'main', commit: 'b'.repeat(40), rounds: 5, failAbove: null };
  const comparison = buildComparison(
    pairRounds([time], [time], machine),
    { base, suites: [], machine },
    new Date(0),
  );
  const stderr = vi.spyOn(console, 'error').mockReturnValue(undefined);
  writeFileSync(join(folder, 'file'), '');
  expect(conclude(comparison, join(folder, 'file', 'in-a-file.json'), { write: () => {} })).toBe(1);
  expect(stderr.mock.calls.join('')).toMatch(/^bench: expected to write .*, got E.*\.$/);
  stderr.mockRestore();
});
