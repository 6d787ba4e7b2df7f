// The command line of a benchmark run.

import { type CaseFilter, type SuiteName, suiteNames, suiteSentences } from '@vulpes/bench';
import {
  adapterOption,
  namesParser,
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
import { type BaselineName, baselineNames } from './compare/index.ts';

/** What commander makes of the words; what is not there was not given. */
interface Given {
  readonly suite?: readonly SuiteName[];
  readonly preset?: readonly string[];
  readonly case?: string;
  readonly budgetSeconds?: number;
  readonly runs?: number;
  readonly peaks: boolean;
  readonly json?: string;
  readonly compare?: readonly BaselineName[];
  readonly python?: string;
  readonly foxPath?: string;
  readonly adapter: AdapterChoice;
  readonly variant?: readonly string[];
}

export type BenchArguments = ReturnType<typeof parseArguments>;

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
  bench --suite attention --case T4096        one suite, one length
  bench --compare tfjs,jax-js                 other libraries, same adapter
  bench compare A.json B.json                 two reports of one machine
  bench table REPORT.json                     its tables as Markdown beside it
  bench page REPORT.json                      its page, or with --pictures
                                              FOLDER its charts as SVG

Exit code: 0 when all checks passed and everything could run and be written,
else 1. After Ctrl-C 130, after SIGTERM 143; the report so far is kept.`;

/** @throws CommanderError for a wrong option, and for --help after printing it. @throws UsageError for options that do nothing together */
export function parseArguments(argv: readonly string[]) {
  const command = createCommand().parse([...argv], { from: 'user' });
  const { suite = suiteNames, preset, variant, compare = [], ...given } = command.opts<Given>();
  const { python, foxPath } = given;
  const flag = python === undefined ? '--fox-path' : '--python';
  if (!compare.includes('pytorch') && (python ?? foxPath) !== undefined) {
    throw new UsageError(
      `bench: expected --compare pytorch with ${flag}, which does nothing without it. Add it, or remove ${flag}.`,
    );
  }
  const filter: CaseFilter = {
    suites: suite,
    presets: preset ?? null,
    caseText: given.case ?? null,
  };
  return { ...given, filter, variants: variant, compare };
}

const createCommand = (): Command =>
  new Command('bench')
    .description(
      'Measures kernels, attention with and without pruning, training steps and decoding.',
    )
    .option(
      '--suite <names...>',
      `suites to run: ${suiteNames.join(', ')}; default: all`,
      namesParser(suiteNames),
    )
    .option(
      '--preset <names...>',
      'of the cases with a preset, only these; a wrong name lists the presets',
      parseList,
    )
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
    .option(
      '--json <file>',
      'the report, its page beside it; default: runs/bench/TIME/report.json',
      parseWritablePath,
    )
    .option(
      '--compare <names...>',
      `also run other libraries: ${baselineNames.join(', ')}`,
      namesParser(baselineNames),
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
