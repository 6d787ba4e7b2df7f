// One side's benchmark in a process of its own, which writes its report to a file.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CaseTimes, caseTimes, type SuiteName, suiteNames } from '@vulpes/bench';
import { ArgumentError } from '@vulpes/tensor-core';
import type { BenchArguments } from '../options.ts';
import { childEnvironment } from './base-checkout.ts';

export interface Side {
  /** `base` or `head`, for messages. */
  readonly name: string;
  readonly main: string;
  /** Its --help: an older commit has fewer options. */
  readonly help: string;
}

/** @throws ArgumentError where the child ends without a report, with its last words */
export async function runSide(side: Side, given: BenchArguments): Promise<CaseTimes> {
  const folder = mkdtempSync(join(tmpdir(), 'vulpes-round-'));
  try {
    const file = join(folder, 'report.json');
    const { code, lastWords } = await runChild(
      side.main,
      childArguments(side.help, given, file),
      folder,
    );
    if (existsSync(file)) return caseTimes(JSON.parse(readFileSync(file, 'utf8')));
    throw new ArgumentError(
      `bench --base: the benchmark of ${side.name} ended with ${code} and no report: ${lastWords}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The suites to compare: those chosen; where all are, those that the base has.
 * @throws ArgumentError naming the first chosen one that the base does not have
 */
export function suitesOf(
  help: string,
  suites: readonly SuiteName[],
  ref: string,
): readonly SuiteName[] {
  const isThere = (suite: string): boolean => new RegExp(`\\b${suite}\\b`).test(help);
  const missing = suites.find((suite) => !isThere(suite));
  if (missing === undefined) return suites;
  if (suites.length === suiteNames.length) return suites.filter(isThere);
  throw new ArgumentError(
    `bench --base: ${ref} has no suite '${missing}'. Choose others with --suite, or a later base.`,
  );
}

/** Options of this run that the side's own command line knows. */
export function childArguments(help: string, given: BenchArguments, file: string): string[] {
  const known = (option: string): boolean => help.includes(`${option} `);
  const optional = (option: string, value: unknown): string[] =>
    value !== null && value !== undefined && known(option) ? [option, String(value)] : [];
  return [
    '--suite',
    ...given.suites,
    known('--json') ? '--json' : '--out',
    file,
    ...optional('--runs', given.runs),
    ...optional('--max-tokens', given.maxTokens),
    ...optional('--preset', given.presets?.join(',')),
    ...optional('--case', given.caseText),
    ...optional('--budget-seconds', given.budgetSeconds),
    ...optional('--adapter', given.adapter),
    ...optional('--kernels', given.kernels),
    ...(known('--no-peaks') ? ['--no-peaks'] : []),
  ];
}

function runChild(
  main: string,
  args: readonly string[],
  cwd: string,
): Promise<{ code: number | null; lastWords: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd,
      env: childEnvironment(),
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let lastWords = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      lastWords = text.trim().split('\n').at(-1) || lastWords;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, lastWords }));
  });
}
