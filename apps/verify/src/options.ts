// The command line: `verify [DIR] [options]`.

import { fileURLToPath } from 'node:url';
import type { AdapterChoice, KernelFamily } from '@vulpes/tensor-core';
import { Command, Option } from 'commander';

export interface VerifyOptions {
  readonly directory: string;
  readonly adapter: AdapterChoice;
  readonly kernels: KernelFamily | 'auto';
  /** Part of the names of the cases to check; null = all. */
  readonly only: string | null;
  /** Print every check of every case on a line of its own. */
  readonly details: boolean;
}

/** The reference vectors that the project carries; from src and from dist it is the same way up. */
export const FIXTURES = fileURLToPath(new URL('../../../fixtures/', import.meta.url));

const HELP_AFTER = `
Exit code: 0 when at least one case was checked and all that were checked hold, else 1.`;

/** @throws CommanderError for a wrong option, and for --help after printing it. */
export function parseOptions(argv: readonly string[]): VerifyOptions {
  const command = new Command('verify')
    .description('Checks adapter and build against reference vectors of the official FoX code.')
    .argument(
      '[dir]',
      'folder with attention/, models/ and training/, any of them; default: the vectors that the project carries',
    )
    .addOption(
      new Option('--adapter <choice>', 'which adapter to check')
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
    .option('--only <text>', 'check only cases with this text in their name')
    .option('--details', 'print every single quantity on a line of its own', false)
    .addHelpText('after', HELP_AFTER)
    .exitOverride()
    .parse([...argv], { from: 'user' });
  const { adapter, kernels, only, details } = command.opts<{
    adapter: AdapterChoice;
    kernels: KernelFamily | 'auto';
    only?: string;
    details: boolean;
  }>();
  return { directory: command.args[0] ?? FIXTURES, adapter, kernels, only: only ?? null, details };
}
