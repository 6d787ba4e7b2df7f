// The command line: every option, what it means, and what it accepts.

import { Command, InvalidArgumentError, Option } from 'commander';

export interface InspectCommandOptions {
  readonly text?: string;
  readonly tokens?: number;
  readonly out?: string;
  readonly layers?: readonly number[];
  readonly tolerance: number;
  readonly adapter?: 'auto' | 'hardware' | 'software';
}

export function createProgram(
  run: (model: string, options: InspectCommandOptions) => Promise<void>,
): Command {
  return new Command('vulpes-inspect')
    .description(
      'Draws what the heads of a model remember: decay and pruning boundaries, savings, half-lives, as one HTML page.',
    )
    .argument(
      '<model>',
      'run folder of the trainer (its newest checkpoint), or a folder with config.json and model.safetensors',
    )
    .option('--text <file>', 'text to read (default: the held-out part of what the run trained on)')
    .option(
      '--tokens <n>',
      "how much of it, at least 64 (default: the run's context, else 1024)",
      count,
    )
    .option('--out <file>', 'page to write (default: inspect.html in the folder)')
    .option('--layers <list>', 'layers to look into, e.g. 0,3,11 (default: all)', layerList)
    .addOption(
      new Option('--tolerance <x>', 'log of the attention mass that a rule may drop')
        .default(-10)
        .argParser(negative),
    )
    .addOption(
      new Option(
        '--adapter <kind>',
        'auto = the GPU if there is one, else a software adapter on the CPU',
      ).choices(['auto', 'hardware', 'software']),
    )
    .action(run);
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('Expected a whole number of at least 1.');
}

function negative(text: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (Number.isFinite(value) && value < 0) return value;
  throw new InvalidArgumentError('Expected a number below 0.');
}

function layerList(text: string): number[] {
  const layers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const isFine = layers.every((layer) => Number.isSafeInteger(layer) && layer >= 0);
  if (isFine) return [...new Set(layers)].sort((a, b) => a - b);
  throw new InvalidArgumentError('Expected numbers from 0 with commas between, e.g. 0,3.');
}
