// The command line: every option, what it means, and what it accepts.

import {
  adapterOption,
  parseCount,
  parseIndexList,
  parseNegative,
  parseWritablePath,
} from '@vulpes/cli-kit';
import type { AdapterChoice } from '@vulpes/tensor-core';
import { Command, Option } from 'commander';

export interface InspectCommandOptions {
  readonly text?: string;
  readonly tokens?: number;
  readonly out?: string;
  readonly layers?: readonly number[];
  readonly tolerance: number;
  readonly adapter: AdapterChoice;
}

export function createProgram(
  run: (model: string, options: InspectCommandOptions) => Promise<void>,
): Command {
  return new Command('vulpes-inspect')
    .description(
      'Draws what the heads of a model remember: decay and pruning boundaries, savings, half-lives. Writes one HTML page.',
    )
    .argument(
      '<model>',
      'run folder of the trainer (its newest checkpoint), or a folder with config.json and model.safetensors',
    )
    .option('--text <file>', 'text to read (default: the held-out part of what the run trained on)')
    .option(
      '--tokens <n>',
      "how much of it, at least 64 (default: the run's context, else 1024)",
      parseCount,
    )
    .option(
      '--out <file>',
      'page to write (default: inspect.html in the folder)',
      parseWritablePath,
    )
    .option('--layers <list>', 'layers to look into, e.g. 0,3,11 (default: all)', parseIndexList)
    .addOption(
      new Option('--tolerance <x>', 'log of the attention mass that a rule may drop')
        .default(-10)
        .argParser(parseNegative),
    )
    .addOption(adapterOption())
    .action(run);
}
