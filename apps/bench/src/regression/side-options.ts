// What a side's benchmark can do, as its own --help tells: an older commit has fewer options and suites.

import { type SuiteName, suiteNames } from '@vulpes/bench';
import { ArgumentError } from '@vulpes/tensor-core';
import type { BenchArguments } from '../options.ts';

/** Options of a --help, each with its description on one line. */
export function optionsIn(help: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  let last: string | null = null;
  for (const line of help.split('\n')) {
    const [, name = null, description = ''] = /^ {2}(?:-\w, )?(--[\w-]+)(.*)$/.exec(line) ?? [];
    const goesOn: boolean = last !== null && /^ {4,}\S/.test(line);
    if (name !== null) options.set(name, description);
    else if (last !== null && goesOn) options.set(last, `${options.get(last)} ${line.trim()}`);
    last = name ?? (goesOn ? last : null);
  }
  return options;
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
  const words = new Set(
    optionsIn(help)
      .get('--suite')
      ?.split(/[^\w-]+/),
  );
  const missing = suites.find((suite) => !words.has(suite));
  if (missing === undefined) return suites;
  const there = suites.filter((suite) => words.has(suite));
  if (suites.length === suiteNames.length && there.length > 0) return there;
  throw new ArgumentError(
    `bench --base: ${ref} has no suite '${missing}'. Choose others with --suite, or a later base.`,
  );
}

/** Options of this run that the side's own command line knows. */
export function childArguments(help: string, given: BenchArguments, file: string): string[] {
  const known = optionsIn(help);
  const optional = (option: string, value: unknown): string[] =>
    value !== null && value !== undefined && known.has(option) ? [option, String(value)] : [];
  return [
    '--suite',
    ...given.suites,
    known.has('--json') ? '--json' : '--out',
    file,
    ...optional('--runs', given.runs),
    ...optional('--max-tokens', given.maxTokens),
    ...optional('--preset', given.presets?.join(',')),
    ...optional('--case', given.caseText),
    ...optional('--budget-seconds', given.budgetSeconds),
    ...optional('--adapter', given.adapter),
    ...optional('--kernels', given.kernels),
    ...(known.has('--no-peaks') ? ['--no-peaks'] : []),
  ];
}
