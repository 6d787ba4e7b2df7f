// The command line of a benchmark run.

import { assertSuiteNames, type SuiteName, suiteNames, suiteSentences } from '@vulpes/bench';
import {
  adapterOption,
  parseCount,
  parseExistingFolder,
  parseList,
  parseNotEmpty,
  parsePositive,
  parseWritablePath,
  UsageError,
  variantOption,
} from '@vulpes/cli-kit';
import type { AdapterChoice } from '@vulpes/tensor-core';
import { Command } from 'commander';
import { assertBaselineNames, type BaselineName, baselineNames } from './compare/index.ts';
import { completeFiles } from './files.ts';

export interface BenchArguments {
  readonly suites: readonly SuiteName[];
  readonly maxTokens: number | null;
  readonly presets: readonly string[] | null;
  readonly caseText: string | null;
  /** Null = what suits the adapter; so for `runs`. */
  readonly budgetSeconds: number | null;
  readonly runs: number | null;
  readonly hasPeaks: boolean;
  /** Absolute paths, of both or of none; null = a folder of this run. */
  readonly json: string | null;
  readonly html: string | null;
  readonly adapter: AdapterChoice;
  /** Kernel variants to force; undefined = what suits the adapter. */
  readonly variants: readonly string[] | undefined;
  readonly compare: readonly BaselineName[];
  readonly python: string | undefined;
  readonly foxPath: string | null;
}

const listSuites = (): string =>
  suiteNames.map((name) => `  ${name}\n    ${suiteSentences[name].join('\n    ')}`).join('\n');

const HELP_AFTER = `
Suites:
${listSuites()}

Each variant is first compared with its f64 reference. A wrong one is not timed,
no page is written, and the exit code is 1. On a software adapter a small set of
cases runs in about five minutes; its times compare only within one report.

Examples:
  bench                                       every suite
  bench --suite attention --max-tokens 4096   one suite, up to a length
  bench --compare tfjs,jax-js                 other libraries, same adapter
  bench compare A.json B.json                 two reports of one machine
  bench table REPORT.json                     its tables as Markdown beside it
  bench page REPORT.json                      its page, or with --pictures
                                              FOLDER its charts as SVG

Exit code: 0 when all checks passed and everything could run and be written,
else 1. After Ctrl-C 130, after SIGTERM 143; the report so far is kept.`;

/** @throws CommanderError for a wrong option, and for --help after printing it. @throws ArgumentError, UsageError for unknown names, and for options that do nothing together. */
export function parseArguments(argv: readonly string[]): BenchArguments {
  const given = createCommand()
    .parse([...argv], { from: 'user' })
    .opts();
  const { suite: suites = suiteNames, compare = [] } = given;
  assertSuiteNames(suites);
  assertBaselineNames(compare);
  const chosen = {
    suites: [...new Set(suites)],
    maxTokens: given.maxTokens ?? null,
    presets: given.preset ?? null,
    caseText: given.case ?? null,
    budgetSeconds: given.budgetSeconds ?? null,
    runs: given.runs ?? null,
    hasPeaks: given.peaks,
    ...completeFiles({ json: given.json ?? null, html: given.html ?? null }),
    adapter: given.adapter,
    variants: given.variant,
    compare: [...new Set(compare)],
    python: given.python,
    foxPath: given.foxPath ?? null,
  };
  assertForPytorch(chosen);
  return chosen;
}

function assertForPytorch({ compare, python, foxPath }: BenchArguments): void {
  if (compare.includes('pytorch') || (python ?? foxPath ?? null) === null) return;
  const flag = python === undefined ? '--fox-path' : '--python';
  throw new UsageError(
    `bench: expected --compare pytorch with ${flag}, which does nothing without it. Add it, or remove ${flag}.`,
  );
}

const createCommand = (): Command =>
  new Command('bench')
    .description(
      'Measures kernels, attention with and without pruning, training steps and decoding.',
    )
    .option(
      '--suite <names...>',
      `suites to run: ${suiteNames.join(', ')}; default: all`,
      parseList,
    )
    .option(
      '--preset <names...>',
      'of the cases with a preset, only these; a wrong name lists the presets',
      parseList,
    )
    .option('--max-tokens <n>', 'only cases with at most this many tokens', parseCount)
    .option('--case <text>', 'only cases whose name contains this text', parseNotEmpty)
    .option(
      '--budget-seconds <n>',
      'start no case after this time, and run small cases first; default: no limit, on software adapters 240',
      parsePositive,
    )
    .option(
      '--runs <n>',
      'timed runs of each variant; default: 20, fewer for long runs',
      parseCount,
    )
    .option('--no-peaks', 'do not measure the peaks of the adapter first')
    .option('--json <file>', 'the report; default: runs/bench/TIME/report.json', parseWritablePath)
    .option('--html <file>', 'the page with charts; default: beside the report', parseWritablePath)
    .option(
      '--compare <names...>',
      `also run other libraries: ${baselineNames.join(', ')}`,
      parseList,
    )
    .option('--python <path>', 'a Python with PyTorch, for --compare pytorch', parseNotEmpty)
    .option(
      '--fox-path <folder>',
      'checkout of the official Forgetting Transformer, for --compare pytorch',
      parseExistingFolder,
    )
    .addOption(adapterOption())
    .addOption(variantOption())
    .addHelpText('after', HELP_AFTER)
    .allowExcessArguments(false)
    .exitOverride();
