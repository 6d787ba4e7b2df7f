// The command line: `verify [DIR] [options]`.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { adapterOption, variantOption } from '@vulpes/cli-kit';
import type { AdapterChoice } from '@vulpes/tensor-core';
import { Command, Option } from 'commander';
import { CHECKED_DTYPES, type CheckedDType } from './bounds.ts';
import { PRUNING_RULES, type PruningRule } from './rules.ts';

export interface VerifyOptions {
  readonly directory: string;
  readonly adapter: AdapterChoice;
  /** Kernel variants to force; without, what suits the adapter. */
  readonly variant?: readonly string[];
  /** Text in the names of the cases to check; without, all. */
  readonly only?: string;
  /** Each case is computed by each of them. */
  readonly rules: readonly PruningRule[];
  /** Of q, k and v, or of what a model computes with. */
  readonly dtype: CheckedDType;
  /** Print every check of every case on a line of its own. */
  readonly details: boolean;
}

/** The reference vectors of the repository: three levels up from src and dist, one level up in the portable folder. */
export const FIXTURES =
  ['../../../fixtures/', '../fixtures/']
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((folder) => existsSync(join(folder, 'attention'))) ?? 'fixtures';

/** Without --pruning: the official results, as they are and as the paper prunes. */
const DEFAULT_RULES: readonly PruningRule[] = ['none', 'paper'];

const HELP_AFTER = `
Without --pruning each case is computed dense and by the paper's rule. With it, by that rule alone:
  none       nothing is dropped
  paper      the paper's threshold at log ε = −10, an aggressive one, and the official kernel's where a case has it
  certified  attention stops by its own running log-sum-exp; outputs, gradients and the dropped weight
             (in float64, at most ε) are compared with exact results

Exit code: 0 if all checks hold, else 1.`;

/** @throws CommanderError for a wrong option, and for --help after printing it. */
export function parseOptions(argv: readonly string[]): VerifyOptions {
  const command = new Command('verify')
    .description(
      'Checks the adapter and this build against reference vectors of the official FoX code.',
    )
    .argument(
      '[dir]',
      'folder with attention/, attention-extended/, models/ or training/; default: the vectors of the repository',
    )
    .addOption(adapterOption())
    .addOption(variantOption())
    .addOption(
      new Option('--pruning <rule>', 'compute every case by this rule alone').choices(
        PRUNING_RULES,
      ),
    )
    .addOption(
      new Option('--dtype <dtype>', 'f16 = mixed precision, with its own bounds')
        .choices(CHECKED_DTYPES)
        .default('f32'),
    )
    .option('--only <text>', 'check only cases with this text in their name')
    .option('--details', 'print every quantity on a line of its own', false)
    .addHelpText('after', HELP_AFTER)
    .exitOverride()
    .parse([...argv], { from: 'user' });
  const { pruning, ...options } = command.opts<
    Omit<VerifyOptions, 'directory' | 'rules'> & { pruning?: PruningRule }
  >();
  const rules = pruning ? [pruning] : DEFAULT_RULES;
  return { directory: command.args[0] ?? FIXTURES, rules, ...options };
}
