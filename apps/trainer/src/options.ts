// The command line: every option, what it means, and what it accepts.

import {
  adapterOption,
  orOff,
  parseCount,
  parseCountOrZero,
  parseExistingFile,
  parseNegative,
  parseNotNegative,
  parsePositive,
} from '@vulpes/cli-kit';
import { type Checkpointing, checkpointings } from '@vulpes/lm-models';
import type { AdapterChoice } from '@vulpes/tensor-core';
import { type Precision, precisions, runPresets } from '@vulpes/training';
import { Command, InvalidArgumentError, Option } from 'commander';

export type Pruning = 'paper' | 'certified' | 'none';

/** As given; undefined where an option is left out. */
export interface TrainOptions {
  /** Overrides of the configuration, such as training.steps=500. */
  readonly overrides?: readonly string[];
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly data?: readonly string[];
  readonly tokenizer?: string;
  readonly encoding?: string;
  readonly field?: string;
  readonly preset?: string;
  readonly steps?: number;
  readonly context?: number;
  readonly packDocuments?: boolean;
  readonly batch?: number;
  readonly accumulate?: number;
  readonly lr?: number;
  readonly warmup?: number;
  readonly weightDecay?: number;
  readonly clip?: number | 'off';
  readonly seed?: number;
  readonly out?: string;
  readonly resume?: string;
  readonly checkpointEvery?: number;
  readonly keep?: number;
  readonly evalEvery?: number;
  readonly evalSequences?: number;
  readonly checkpointing?: Checkpointing;
  readonly precision?: Precision | 'auto';
  readonly pruning?: Pruning;
  readonly logPruningTolerance?: number | 'off';
  readonly adapter: AdapterChoice;
  /** A table that `doctor --tune` wrote. */
  readonly tuning?: string;
  readonly sampleTokens: number;
  readonly prompt: string;
  readonly dryRun?: boolean;
}

export interface SampleOptions {
  readonly adapter: AdapterChoice;
  readonly sampleTokens: number;
  readonly prompt: string;
  readonly temperature: number;
  readonly topK: number | 'off';
  readonly seed: number;
  readonly evict: boolean;
}

export interface EvalOptions {
  /** Fields of `evaluation`, such as evaluation.length=4096. */
  readonly overrides?: readonly string[];
  readonly adapter: AdapterChoice;
  readonly out?: string;
}

export interface ReportOptions {
  readonly out?: string;
}

export interface Commands {
  train(options: TrainOptions): Promise<void>;
  sample(run: string, options: SampleOptions): Promise<void>;
  evaluate(run: string, options: EvalOptions): Promise<void>;
  report(run: string, options: ReportOptions): Promise<void>;
  prepare(paths: readonly string[], options: PrepareCommandOptions): Promise<void>;
}

export interface PrepareCommandOptions {
  readonly out: string;
  readonly tokenizer?: string;
  readonly encoding?: string;
  readonly field?: string;
  readonly shardTokens?: number;
}

export const DEFAULT_PROMPT = 'The ';

export function createProgram(commands: Commands): Command {
  const program = new Command('vulpes-trainer')
    .description(
      'Trains language models with Forgetting Attention and adaptive computation pruning on WebGPU.',
    )
    .helpCommand(false);
  program.addCommand(trainCommand(commands));
  program.addCommand(sampleCommand(commands));
  program.addCommand(evalCommand(commands));
  program.addCommand(prepareCommand(commands));
  program.addCommand(reportCommand(commands));
  return program;
}

function trainCommand(commands: Commands): Command {
  return new Command('train')
    .description(
      'Trains a model on text. Ctrl-C saves and stops; --resume continues with the same numbers, bit for bit.',
    )
    .argument(
      '[overrides...]',
      'fields of the configuration, such as training.steps=500 model.numHeads=4',
    )
    .option(
      '--config <file>',
      'configuration in YAML, such as config.yaml of another run; options and overrides win',
    )
    .option(
      '--data <path...>',
      'text, JSONL or Parquet to train on: files and folders, joined in this order; or a folder that `prepare` made; default: a bundled corpus',
    )
    .addOption(tokenizerOption('that of the shards, else bytes'))
    .addOption(encodingOption())
    .addOption(fieldOption())
    .option('--preset <name>', 'model and recipe to start from, see below (default: "default")')
    .option(
      '--steps <n>',
      'updates in the whole run; the learning rate ends at 0 with the last',
      parseCount,
    )
    .option('--context <n>', 'tokens of a training sequence', parseCount)
    .option(
      '--pack-documents',
      'documents (files, JSONL lines, Parquet rows) that stand in one sequence do not see each other',
    )
    .option('--batch <n>', 'sequences computed at once', parseCount)
    .option('--accumulate <n>', 'batches whose gradients are averaged for one update', parseCount)
    .option('--lr <x>', 'learning rate at the end of the warm-up', parseNotNegative)
    .option('--warmup <n>', 'updates over which the learning rate rises from 0', parseCountOrZero)
    .option(
      '--weight-decay <x>',
      'AdamW decay of matrices; biases and norm weights have none',
      parseNotNegative,
    )
    .option(
      '--clip <x|off>',
      'largest global norm of the gradient; off = never scale it down',
      orOff(parsePositive),
    )
    .option(
      '--seed <n>',
      'seed of the first weights and of the order of the data',
      parseCountOrZero,
    )
    .option(
      '--out <folder>',
      'new folder for checkpoints and metrics (default: runs/<date-time>-<preset>)',
    )
    .option(
      '--resume <run>',
      'run folder to continue, from its newest checkpoint; or one checkpoint folder',
    )
    .option(
      '--checkpoint-every <n>',
      'updates between two checkpoints; the last update always makes one',
      parseCount,
    )
    .option('--keep <n>', 'newest checkpoints to keep', parseCount)
    .option(
      '--eval-every <n>',
      'updates between two held-out evaluations; the first and the last update also have one',
      parseCount,
    )
    .option('--eval-sequences <n>', 'held-out sequences of an evaluation, at most', parseCount)
    .addOption(
      new Option(
        '--checkpointing <mode>',
        'what is computed again in backward to save memory, with the same numbers: none; selective = norms and gates; blocks = whole blocks, attention too (default: none)',
      ).choices(checkpointings),
    )
    .addOption(
      new Option(
        '--precision <choice>',
        'mixed = products and attention in f16 with f32 sums, the rest in f32; auto = mixed where the adapter has f16 and subgroup matrices (default: auto; a resumed run keeps its own)',
      ).choices(['auto', ...precisions]),
    )
    .addOption(
      new Option(
        '--pruning <mode>',
        "paper = skip blocks by the paper's threshold; certified = skip more at the same guarantee; none = dense attention",
      ).choices(['paper', 'certified', 'none']),
    )
    .option(
      '--log-pruning-tolerance <x|off>',
      'log of the attention mass that may be skipped (a number < 0, usually -10); off = dense attention',
      orOff(parseNegative),
    )
    .addOption(adapterOption())
    .option(
      '--tuning <file>',
      'a table that doctor --tune wrote: how to divide the products on this adapter',
      parseExistingFile,
    )
    .addOption(sampleTokensOption())
    .addOption(promptOption())
    .option('--print-config', 'print the whole configuration as a file for --config, then stop')
    .option('--dry-run', 'print parameters, memory and arithmetic of the run, then stop')
    .addHelpText('after', `\nPresets:\n${describePresets()}\n\n${examples}`)
    .action((overrides: string[], options: TrainOptions) =>
      commands.train({ ...options, ...(overrides.length > 0 && { overrides }) }),
    );
}

function sampleCommand(commands: Commands): Command {
  return new Command('sample')
    .description('Writes text with a trained model.')
    .argument(
      '<run>',
      'run folder, checkpoint folder, or any folder with config.json and model.safetensors',
    )
    .addOption(adapterOption())
    .addOption(sampleTokensOption('--tokens, --sample-tokens <n>'))
    .addOption(promptOption())
    .addOption(
      new Option('--temperature <x>', '0 = always the likeliest token; higher = more varied')
        .default(0.8)
        .argParser(parseNotNegative),
    )
    .addOption(
      new Option('--top-k <n|off>', 'draw from the k likeliest tokens only')
        .default(40)
        .argParser(orOff(parseCount)),
    )
    .addOption(new Option('--seed <n>', 'seed of the draws').default(0).argParser(parseCountOrZero))
    .option('--no-evict', 'keep the whole cache; the text is the same')
    .action((run: string, options: SampleOptions) => commands.sample(run, options));
}

function evalCommand(commands: Commands): Command {
  return new Command('eval')
    .description(
      'Measures a trained model: held-out loss, loss by position, needle in a haystack, tasks. Writes evaluation.json and evaluation.html.',
    )
    .argument('<run>', 'run folder, for its newest checkpoint; or one of its checkpoint folders')
    .argument('[overrides...]', 'fields of evaluation, such as evaluation.length=4096')
    .addOption(adapterOption())
    .option('--out <folder>', 'folder for the report (default: the run folder)')
    .action((run: string, overrides: string[], options: EvalOptions) =>
      commands.evaluate(run, { ...options, overrides }),
    );
}

function prepareCommand(commands: Commands): Command {
  return new Command('prepare')
    .description(
      'Writes text as token shards, for text that is larger than memory or has another tokenizer than bytes.',
    )
    .argument('<path...>', 'text, JSONL or Parquet: files and folders, packed (.gz, .zst) or not')
    .requiredOption('--out <folder>', 'new folder for the shards; train --data reads it')
    .addOption(tokenizerOption('bytes'))
    .addOption(encodingOption())
    .addOption(fieldOption())
    .option('--shard-tokens <n>', 'tokens of a shard (default: 33554432)', parseCount)
    .action((paths: string[], options: PrepareCommandOptions) => commands.prepare(paths, options));
}

const tokenizerOption = (otherwise: string) =>
  new Option(
    '--tokenizer <name>',
    `bytes; gpt2; bpe:N = trained on the text, N tokens; or the path of a tokenizer.json (default: ${otherwise})`,
  );

const encodingOption = () =>
  new Option(
    '--encoding <name>',
    'of text files, such as windows-1252; auto = UTF-8, or UTF-16 with a byte order mark; bytes = as they are (default: auto)',
  );

const fieldOption = () =>
  new Option(
    '--field <name>',
    'field of JSON lines, or column of Parquet, that holds the text (default: text)',
  );

function reportCommand(commands: Commands): Command {
  return new Command('report')
    .description(
      'Draws a run, finished or at work: loss, learning rate, gradient norm, speed, share pruned.',
    )
    .argument('<run>', 'run folder')
    .option('--out <file>', 'the page (default: report.html in the run folder)')
    .action((run: string, options: ReportOptions) => commands.report(run, options));
}

const examples = `Examples:
  train                                            the default preset on the bundled corpus
  train --data book.txt --steps 1000 --out runs/book
  prepare texts/ --tokenizer bpe:4096 --out tokens, then train --data tokens
  train --config my.yaml training.steps=500 model.numHeads=4
  train --preset pro-125m --print-config > my.yaml
  train --resume runs/book                         continue after Ctrl-C, a crash or a kill
  sample runs/book --prompt "Once upon a time"
  report runs/book                                 report.html, while it runs or after
  eval runs/book evaluation.length=4096            loss by position, needle in a haystack, tasks`;

const sampleTokensOption = (flags = '--sample-tokens <n>') =>
  new Option(flags, 'length of the generated text, in tokens')
    .default(200)
    .argParser(parseCountOrZero);

const promptOption = () =>
  new Option('--prompt <text>', 'start of the generated text')
    .default(DEFAULT_PROMPT)
    .argParser(parsePrompt);

/** Spaces are a prompt, too. */
function parsePrompt(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('Expected at least one character.');
}

const describePresets = (): string =>
  Object.entries(runPresets)
    .map(([name, { summary }]) => `  ${name.padEnd(24)} ${summary}`)
    .join('\n');
