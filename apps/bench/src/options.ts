// The command line: `bench [--suite NAME…] [--out FILE] [--runs N]`.

import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { assertSuiteNames, type SuiteName, suiteNames } from '@vulpes/bench';
import type { AdapterChoice, KernelFamily } from '@vulpes/tensor-core';
import { Command, InvalidArgumentError, Option } from 'commander';

export interface BenchArguments {
  readonly suites: readonly SuiteName[];
  /** Absolute path of the JSON report; null = none. */
  readonly out: string | null;
  /** Timed runs of each variant; null = as many as suit the adapter. */
  readonly runs: number | null;
  readonly adapter: AdapterChoice;
  readonly kernels: KernelFamily | 'auto';
}

const MAX_RUNS = 10_000;

const HELP_AFTER = `
Each variant is first checked against its f64 twin; one that is wrong is refused, not timed.
On a software adapter, times are good for ratios within one report only, and the report says so.

Exit code: 0 when every variant passed its check, else 1.`;

/** @throws CommanderError for a wrong option, and for --help after printing it. @throws ArgumentError for an unknown suite. */
export function parseArguments(argv: readonly string[]): BenchArguments {
  const command = new Command('bench')
    .description('Measures kernels, attention with and without pruning, and training steps.')
    .option('--suite <name...>', `suites to run, of ${suiteNames.join(', ')}; default: all`)
    .addOption(new Option('--out <file>', 'write the report as JSON').argParser(writablePath))
    .addOption(
      new Option(
        '--runs <n>',
        'timed runs of each variant; default: 20, software adapters 5',
      ).argParser(runCount),
    )
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
    )
    .addHelpText('after', HELP_AFTER)
    .allowExcessArguments(false)
    .exitOverride()
    .parse([...argv], { from: 'user' });
  const {
    suite = suiteNames,
    out,
    runs,
    adapter,
    kernels,
  } = command.opts<{
    suite?: string[];
    out?: string;
    runs?: number;
    adapter: AdapterChoice;
    kernels: KernelFamily | 'auto';
  }>();
  assertSuiteNames(suite);
  return { suites: [...new Set(suite)], out: out ?? null, runs: runs ?? null, adapter, kernels };
}

function runCount(text: string): number {
  const runs = Number(text);
  if (Number.isInteger(runs) && runs >= 1 && runs <= MAX_RUNS) return runs;
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MAX_RUNS}.`);
}

/** Minutes of measuring should not end at a folder that isn't there. */
function writablePath(text: string): string {
  const path = resolve(text);
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  if (!folder?.isDirectory())
    throw new InvalidArgumentError(`There is no folder ${dirname(path)}.`);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    throw new InvalidArgumentError('It is a folder; give a file.');
  }
  return path;
}
