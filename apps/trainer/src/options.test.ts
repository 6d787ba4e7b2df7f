// The command line: each option reaches its command as it was meant, mistakes are named in one sentence.

import { CommanderError } from 'commander';
import { expect, test } from 'vitest';
import {
  createProgram,
  type EvalOptions,
  type PrepareCommandOptions,
  type ReportOptions,
  type SampleOptions,
  type TrainOptions,
} from './options.ts';

interface Parsed {
  command?: string;
  run?: string;
  paths?: readonly string[];
  options?: TrainOptions | SampleOptions | EvalOptions | PrepareCommandOptions | ReportOptions;
  exitCode?: number;
  errors: string;
}

async function parse(...argv: string[]): Promise<Parsed> {
  const parsed: Parsed = { errors: '' };
  const program = createProgram({
    train: async (options) => {
      Object.assign(parsed, { command: 'train', options });
    },
    sample: async (run, options) => {
      Object.assign(parsed, { command: 'sample', run, options });
    },
    evaluate: async (run, options) => {
      Object.assign(parsed, { command: 'eval', run, options });
    },
    prepare: async (paths, options) => {
      Object.assign(parsed, { command: 'prepare', paths, options });
    },
    report: async (run, options) => {
      Object.assign(parsed, { command: 'report', run, options });
    },
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeErr: (text) => {
        parsed.errors += text;
      },
    });
  }
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    parsed.exitCode = error.exitCode;
  }
  return parsed;
}

test('train: nothing given, nothing decided', async () => {
  expect((await parse('train', '--adapter', 'auto')).options).toEqual({
    adapter: 'auto',
    sampleTokens: 200,
    prompt: 'The ',
  });
});

test('train: numbers, lists and offs', async () => {
  const { options } = await parse(
    ...'train --data a.txt b.txt --steps 10 --lr 1e-3 --clip off --log-pruning-tolerance -12.5'.split(
      ' ',
    ),
    ...'--adapter software --pruning certified --out run --dry-run'.split(' '),
  );
  expect(options).toMatchObject({
    data: ['a.txt', 'b.txt'],
    steps: 10,
    lr: 1e-3,
    clip: 'off',
    logPruningTolerance: -12.5,
    adapter: 'software',
    pruning: 'certified',
    out: 'run',
    dryRun: true,
  });
});

test('sample', async () => {
  const call = await parse(
    ...'sample runs/a --sample-tokens 5 --top-k off --temperature 0 --prompt Hi'.split(' '),
  );
  expect(call).toMatchObject({
    command: 'sample',
    run: 'runs/a',
    options: { sampleTokens: 5, topK: 'off', temperature: 0, prompt: 'Hi', seed: 0, evict: true },
  });
  const long = await parse(...'sample runs/a --tokens 4096 --no-evict'.split(' '));
  expect(long.options).toMatchObject({ sampleTokens: 4096, evict: false });
});

test('report', async () => {
  const call = await parse('report', 'runs/a', '--out', 'b.html');
  expect(call).toEqual({
    command: 'report',
    run: 'runs/a',
    options: { out: 'b.html' },
    errors: '',
  });
});

test('eval', async () => {
  const call = await parse(...'eval runs/a evaluation.length=64 --out b'.split(' '));
  expect(call).toMatchObject({ command: 'eval', run: 'runs/a' });
  expect(call.options).toMatchObject({ overrides: ['evaluation.length=64'], out: 'b' });
});

test.each([
  ['train --stesp 4', "error: unknown option '--stesp'\n(Did you mean --steps?)\n"],
  [
    'train --steps many',
    "error: option '--steps <n>' argument 'many' is invalid. Expected a whole number of at least 1.\n",
  ],
  [
    'train --steps 0',
    "error: option '--steps <n>' argument '0' is invalid. Expected a whole number of at least 1.\n",
  ],
  ['train --lr', "error: option '--lr <x>' argument missing\n"],
  [
    'train --log-pruning-tolerance 3',
    "error: option '--log-pruning-tolerance <x|off>' argument '3' is invalid. Expected a number below 0, or off.\n",
  ],
  [
    'train --adapter cpu',
    "error: option '--adapter <choice>' argument 'cpu' is invalid. Allowed choices are auto, hardware, software.\n",
  ],
  ['trian', "error: unknown command 'trian'\n(Did you mean train?)\n"],
  ['sample', "error: missing required argument 'run'\n"],
  ['prepare --out tokens', "error: missing required argument 'path'\n"],
  ['prepare a.txt', "error: required option '--out <folder>' not specified\n"],
])('%s', async (line, message) => {
  expect(await parse(...line.split(' '))).toEqual({ exitCode: 1, errors: message });
});

test('prepare takes paths, and how they are read', async () => {
  const line = 'prepare a.txt texts --out tokens --tokenizer bpe:512 --encoding bytes --field body';
  expect(await parse(...line.split(' '), '--shard-tokens', '1000')).toEqual({
    command: 'prepare',
    paths: ['a.txt', 'texts'],
    options: {
      ...{ out: 'tokens', tokenizer: 'bpe:512', encoding: 'bytes', field: 'body' },
      shardTokens: 1000,
    },
    errors: '',
  });
});

test('help explains every option of train', () => {
  const nothing = async () => {};
  const program = createProgram({
    train: nothing,
    sample: nothing,
    evaluate: nothing,
    prepare: nothing,
    report: nothing,
  });
  for (const command of program.commands) {
    for (const option of command.options)
      expect(option.description.length, option.flags).toBeGreaterThan(10);
  }
});
