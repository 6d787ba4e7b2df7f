// The command line of a benchmark run: what to run, how long, against what, and where the report goes.

import { assertSuiteNames, type SuiteName, suiteNames, suiteSentences } from '@vulpes/bench';
import { type AdapterChoice, ArgumentError, type KernelFamily } from '@vulpes/tensor-core';
import { Command, Option } from 'commander';
import { assertYardstickNames, type YardstickName, yardstickNames } from './compare/index.ts';
import {
  assertOtherFile,
  countOf,
  existingFolder,
  filledOf,
  listOf,
  positiveOf,
  writablePath,
} from './option-values.ts';
import { filesBeside, type ReportFiles } from './report-files.ts';

export interface BenchArguments {
  readonly suites: readonly SuiteName[];
  readonly maxTokens: number | null;
  readonly presets: readonly string[] | null;
  readonly caseText: string | null;
  /** Null = what suits the adapter. */
  readonly budgetSeconds: number | null;
  /** Timed runs of each variant; null = as many as suit the adapter. */
  readonly runs: number | null;
  readonly hasPeaks: boolean;
  /** Absolute paths, of both or of none; null = a folder of this run. */
  readonly json: string | null;
  readonly html: string | null;
  readonly adapter: AdapterChoice;
  readonly kernels: KernelFamily | 'auto';
  readonly compare: readonly YardstickName[];
  readonly python: string | undefined;
  readonly foxPath: string | null;
}

/** Columns of a terminal, as commander folds the options where there is none. */
const COLUMNS = 80;

/** Words folded below each other, beside a term. */
function paragraph(term: string, text: string): string {
  const indent = '  '.padEnd(term.length + 2);
  const lines = [''];
  for (const word of text.split(' ')) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (indent.length + longer.length <= COLUMNS) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return `  ${term}${lines.join(`\n${indent}`)}`;
}

const HELP_AFTER = `
Suites:
${suiteNames.map((name) => paragraph(name.padEnd(11), suiteSentences[name])).join('\n')}

${paragraph('', 'Each variant is first checked against its f64 reference. Where one is wrong it is not timed, and the report is refused: no page, exit code 1. On a software adapter a small set runs, in under five minutes, and times are good for ratios within one report only.')}

Examples:
  bench                                       every suite
  bench --suite attention --max-tokens 4096   one suite, up to a length
  bench --compare tfjs,jax-js                 other libraries, same adapter
  bench compare A.json B.json                 two reports of one machine
  bench tables REPORT.json                    its tables as Markdown; with
                                              --write FILE into a document
  bench page REPORT.json                      its page, or with --pictures
                                              FOLDER its charts as SVG

Exit code: 0 when every variant passed its check and all that was asked for
could run and be written; 1 when not; 130 and 143 after Ctrl-C and SIGTERM,
which leave the report of the cases so far.`;

/** @throws CommanderError for a wrong option, and for --help after printing it. @throws ArgumentError, YardstickError for unknown names, and for options that do nothing together. */
export function parseArguments(argv: readonly string[]): BenchArguments {
  const command = benchCommand().parse([...argv], { from: 'user' });
  const given = command.opts<Options>();
  const suites = given.suite?.flat() ?? suiteNames;
  assertSuiteNames(suites);
  const compare = given.compare?.flat() ?? [];
  assertYardstickNames(compare);
  assertForPytorch(command, compare);
  return {
    suites: [...new Set(suites)],
    maxTokens: given.maxTokens ?? null,
    presets: given.preset?.flat() ?? null,
    caseText: given.case ?? null,
    budgetSeconds: given.budgetSeconds ?? null,
    runs: given.runs ?? null,
    hasPeaks: given.peaks,
    ...filesOf(given),
    adapter: given.adapter,
    kernels: given.kernels,
    compare: [...new Set(compare)],
    python: given.python,
    foxPath: given.foxPath ?? null,
  };
}

/** The report and its page; where one is named, the other goes beside it. */
function filesOf(given: Options): ReportFiles {
  const { json = null, html = null } = given;
  const files = filesBeside({ json, html });
  if (files.json !== null && files.html !== null) assertOtherFile('bench', files.json, files.html);
  return files;
}

function assertForPytorch(command: Command, compare: readonly YardstickName[]): void {
  if (compare.includes('pytorch')) return;
  const option = (['python', 'foxPath'] as const).find((name) => command.getOptionValue(name));
  if (option === undefined) return;
  const flag = option === 'python' ? '--python' : '--fox-path';
  throw new ArgumentError(
    `bench: expected --compare pytorch with ${flag}, which does nothing without it. Add it, or leave ${flag} out.`,
  );
}

interface Options {
  suite?: string[][];
  maxTokens?: number;
  preset?: string[][];
  case?: string;
  budgetSeconds?: number;
  runs?: number;
  peaks: boolean;
  json?: string;
  html?: string;
  adapter: AdapterChoice;
  kernels: KernelFamily | 'auto';
  compare?: string[][];
  python?: string;
  foxPath?: string;
}

const benchCommand = (): Command =>
  whatToRun(new Command('bench'))
    .description(
      'Measures kernels, attention with and without pruning, training steps and decoding, each checked first.',
    )
    .addOption(
      new Option(
        '--json <file>',
        'the report; default: beside the page, else runs/bench/TIME/report.json',
      ).argParser(writablePath),
    )
    .addOption(
      new Option(
        '--html <file>',
        'the report as a page with charts; default: beside the JSON',
      ).argParser(writablePath),
    )
    .addOption(
      listOf('--compare <names...>', `run these beside ours: ${yardstickNames.join(', ')}`),
    )
    .addOption(
      new Option('--python <path>', 'a Python that has PyTorch, for --compare pytorch').argParser(
        filledOf,
      ),
    )
    .addOption(
      new Option(
        '--fox-path <folder>',
        'official Forgetting Transformer, for --compare pytorch',
      ).argParser(existingFolder),
    )
    .addHelpText('after', HELP_AFTER)
    .allowExcessArguments(false)
    .exitOverride();

const whatToRun = (command: Command): Command =>
  command
    .addOption(
      listOf('--suite <names...>', `which to run, of ${suiteNames.join(', ')}; default: all`),
    )
    .addOption(
      listOf(
        '--preset <names...>',
        'of the cases of a model, only those of these presets; a GPU has larger ones than a CPU, and a wrong name lists them',
      ),
    )
    .addOption(
      new Option('--max-tokens <n>', 'only cases of at most so many tokens').argParser(countOf(1)),
    )
    .addOption(
      new Option('--case <text>', 'only cases whose name contains this').argParser(filledOf),
    )
    .addOption(
      new Option(
        '--budget-seconds <n>',
        'leave out the largest cases that do not fit into this time, and say so; default: none, software adapters 240',
      ).argParser(positiveOf),
    )
    .addOption(
      new Option(
        '--runs <n>',
        'timed runs of each variant; default: 20, fewer only where one run is long',
      ).argParser(countOf(1)),
    )
    .option('--no-peaks', 'do not measure the peaks of the adapter first')
    .addOption(
      new Option('--adapter <choice>', 'which adapter to measure')
        .choices(['auto', 'hardware', 'software'])
        .env('FOX_ADAPTER')
        .default('auto'),
    )
    .addOption(
      new Option('--kernels <family>', "kernel variants; auto follows the adapter's kind")
        .choices(['auto', 'gpu', 'software'])
        .env('FOX_KERNELS')
        .default('auto'),
    );
